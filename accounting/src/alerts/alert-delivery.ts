import type { Clock, Logger } from '@fairhop/shared/service';
import { Agent } from 'undici';
import type { Payload } from './alert-message.js';
import type { StoredBudget } from './budget-store.js';
import type { DeliveryStore, WaitingAlert } from './delivery-store.js';
import { retryDelayMs } from './retry-delay.js';
import { type SmtpServer, sendEmail } from './send-email.js';
import { sendWebhook } from './send-webhook.js';

export interface AlertDeliveryConfig {
  /** Wait after the first failed attempt; it doubles with each further one, up to an hour. */
  readonly retryBaseMs: number;
  readonly attemptTimeoutMs: number;
  /** Then an alert is dead. */
  readonly maxAttempts: number;
  /** Without it there are no e-mails. */
  readonly smtp?: SmtpServer | undefined;
}

/** Who is told, by each channel. */
export type Receivers = Pick<StoredBudget, 'webhook' | 'email'>;

export interface AlertDeliveryDependencies {
  readonly store: DeliveryStore;
  /** Of a budget, or of what else tells. */
  readonly receiversOf: (id: string) => Receivers | undefined;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  readonly onAttempt: (channel: WaitingAlert['channel'], outcome: 'delivered' | 'failed') => void;
}

export interface AlertDelivery {
  start(): void;
  /** Looks for what is due now. */
  wake(): void;
  /** Ends attempts under way; their alerts stay due. */
  stop(): Promise<void>;
}

const RETRY_MAX_MS = 3_600_000;
/** Attempts that run at the same time; each is at most one connection. */
const MAX_CONCURRENT = 16;
/** Heads that are read at once: enough to find those that are due beside those under way. */
const MAX_HEADS = 100;
/** Clocks can be set: what is due is looked for at least this often. */
const MAX_WAIT_MS = 60_000;

/**
 * Sends recorded alerts until their receivers took them, those of one budget and channel one after the other, budgets beside each
 * other; what is not sent when the process ends is sent by the next.
 */
export function createAlertDelivery(
  config: AlertDeliveryConfig,
  { store, receiversOf, clock, random, log, onAttempt }: AlertDeliveryDependencies,
): AlertDelivery {
  const dispatcher = new Agent({ connect: { timeout: config.attemptTimeoutMs } });
  const stopping = new AbortController();
  const { signal } = stopping;
  const underWay = new Map<string, Promise<void>>();
  let running: Promise<void> = Promise.resolve();
  let woken = false;
  let wakeUp: () => void = () => undefined;

  /** Gives what there is to remark although it was taken. */
  const send = async ({ id, subject, channel, payload }: WaitingAlert): Promise<string | null> => {
    const { webhook, email } = receiversOf(subject) ?? {};
    const { attemptTimeoutMs: timeoutMs, smtp } = config;
    if (channel === 'webhook') {
      if (webhook === undefined) throw new Error('there is no webhook to tell');
      const options = { dispatcher, signal, timeoutMs, nowMs: clock.nowMs() };
      await sendWebhook({ id, payload, ...webhook }, options);
      return null;
    }
    if (email === undefined) throw new Error('there is no e-mail address to tell');
    if (smtp === undefined) throw new Error('no mail server is configured (smtp)');
    const message = { id, payload: JSON.parse(payload) as Payload, to: email };
    const refused = await sendEmail(message, { server: smtp, signal, timeoutMs });
    return refused.length === 0 ? null : `the mail server refused ${refused.join(', ')}`;
  };
  const deliver = async (alert: WaitingAlert): Promise<void> => {
    const { id, channel } = alert;
    let remark: string | null;
    try {
      remark = await send(alert);
    } catch (error) {
      // An attempt that our own stop cut off says nothing of the receiver.
      if (signal.aborted) return;
      const attempt = Math.max(1, config.maxAttempts - alert.attemptsLeft + 1);
      const bounds = { baseMs: config.retryBaseMs, maxMs: RETRY_MAX_MS };
      store.failed(alert, describe(error), clock.nowMs() + retryDelayMs(attempt, bounds, random()));
      log.warn({ alert: id, channel, attempt, reason: describe(error) }, 'an alert was not delivered');
      onAttempt(channel, 'failed');
      return;
    }
    if (remark !== null) log.warn({ alert: id, channel, remark }, 'an alert was not delivered to all');
    store.delivered(alert, clock.nowMs(), remark);
    onAttempt(channel, 'delivered');
  };
  const begin = (alert: WaitingAlert, key: string): void => {
    const delivering = deliver(alert)
      // A full disk: what is due stays due.
      .catch((error: unknown) =>
        log.error({ err: error, alert: alert.id }, 'an alert cannot be noted as sent'),
      )
      .finally(() => {
        underWay.delete(key);
        wake();
      });
    underWay.set(key, delivering);
  };
  /** Begins what is due; gives when the next one is. */
  const beginDue = (): number | undefined => {
    const nowMs = clock.nowMs();
    for (const alert of store.heads(MAX_HEADS)) {
      const key = `${alert.subject} ${alert.channel}`;
      if (underWay.has(key)) continue;
      if (underWay.size >= MAX_CONCURRENT) return undefined;
      if (alert.nextAttemptMs > nowMs) return alert.nextAttemptMs;
      begin(alert, key);
    }
    return undefined;
  };
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      woken = false;
      let nextMs: number | undefined;
      try {
        nextMs = beginDue();
      } catch (error) {
        log.error({ err: error }, 'alerts cannot be delivered now');
      }
      await waitUntil(nextMs);
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
      await Promise.all(underWay.values());
      await dispatcher.destroy();
    },
  };
}

/** Kept with the alert and listed: one line. */
function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? `${String(error.code)}: ` : '';
  return `${code}${error instanceof Error ? error.message : String(error)}`
    .replace(/\s+/g, ' ')
    .slice(0, 300);
}
