import type { Clock, Logger } from '@fairhop/shared/service';
import { Agent } from 'undici';
import type { AlertStore, DueAlert } from './alert-store.js';
import { sendWebhook } from './send-webhook.js';

export interface AlertDeliveryConfig {
  /** Wait after the first failed attempt; it doubles with each further one. */
  readonly retryBaseMs: number;
  readonly attemptTimeoutMs: number;
}

export interface AlertDeliveryDependencies {
  readonly store: AlertStore;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly onAttempt: (outcome: 'delivered' | 'failed') => void;
}

export interface AlertDelivery {
  start(): void;
  /** Looks for what is due now. */
  wake(): void;
  /** Ends attempts under way; their alerts stay due. */
  stop(): Promise<void>;
}

const RETRY_MAX_MS = 3_600_000;
/** With an hour between the later ones about two days: a receiver that is down over a weekend's day gets its alerts. */
const MAX_ATTEMPTS = 60;
/** Attempts that run at the same time; each is at most one connection. */
const MAX_CONCURRENT = 16;
/** Clocks can be set: what is due is looked for at least this often. */
const MAX_WAIT_MS = 60_000;

/** Sends recorded alerts until their receivers took them; what is not sent when the process ends is sent by the next. */
export function createAlertDelivery(
  config: AlertDeliveryConfig,
  { store, clock, random, log, onAttempt }: AlertDeliveryDependencies,
): AlertDelivery {
  const dispatcher = new Agent({ connect: { timeout: config.attemptTimeoutMs } });
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let woken = false;
  let wakeUp: () => void = () => undefined;

  const deliver = async (alert: DueAlert): Promise<void> => {
    try {
      await sendWebhook(alert, {
        dispatcher,
        signal: stopping.signal,
        timeoutMs: config.attemptTimeoutMs,
        nowMs: clock.nowMs(),
      });
    } catch (error) {
      // An attempt that our own stop cut off says nothing of the receiver.
      if (stopping.signal.aborted) return;
      const attempt = alert.attempts + 1;
      const waitMs = retryDelayMs(attempt, config.retryBaseMs, random());
      const nextAttemptMs = attempt < MAX_ATTEMPTS ? clock.nowMs() + waitMs : null;
      store.failed(alert.id, describe(error), nextAttemptMs);
      log.warn({ alert: alert.id, attempt, reason: describe(error) }, 'an alert was not delivered');
      onAttempt('failed');
      return;
    }
    store.delivered(alert.id, clock.nowMs());
    onAttempt('delivered');
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = false;
      try {
        const due = store.due(clock.nowMs(), MAX_CONCURRENT);
        if (due.length > 0) await deliverInOrder(due, deliver);
        else await waitUntil(store.nextDueMs());
      } catch (error) {
        // A full disk: what is due stays due.
        log.error({ err: error }, 'alerts cannot be delivered now');
        await waitUntil(undefined);
      }
    }
  };
  const waitUntil = async (dueMs: number | undefined): Promise<void> => {
    const waitMs = dueMs === undefined ? MAX_WAIT_MS : Math.min(MAX_WAIT_MS, dueMs - clock.nowMs());
    if (woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, waitMs));
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };
  const wake = (): void => {
    woken = true;
    wakeUp();
  };
  return {
    start() {
      running = run();
    },
    wake,
    async stop() {
      stopping.abort();
      wake();
      await running;
      await dispatcher.destroy();
    },
  };
}

/** Alerts of one budget one after the other, so that a receiver hears of 80 % before 100 %; budgets beside each other. */
async function deliverInOrder(
  due: readonly DueAlert[],
  deliver: (alert: DueAlert) => Promise<void>,
): Promise<void> {
  const byBudget = new Map<string, DueAlert[]>();
  for (const alert of due) byBudget.set(alert.budget, [...(byBudget.get(alert.budget) ?? []), alert]);
  await Promise.all(
    [...byBudget.values()].map(async (alerts) => {
      for (const alert of alerts) await deliver(alert);
    }),
  );
}

/** Doubling, of which the upper half is random, so that receivers that came back are not met by all at once. */
export function retryDelayMs(attempt: number, baseMs: number, random: number): number {
  const boundMs = Math.min(RETRY_MAX_MS, baseMs * 2 ** (attempt - 1));
  return Math.ceil(boundMs * (0.5 + random / 2));
}

/** Kept with the alert and listed: one line. */
function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${error instanceof Error ? error.message : String(error)}`.slice(0, 300);
}
