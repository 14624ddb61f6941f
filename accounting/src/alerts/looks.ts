import type { Logger } from '@fairhop/shared/service';

export interface LooksDependencies {
  /** Looks at one budget; gives whether something of it may settle any moment. */
  readonly lookAt: (id: string, isThorough: boolean) => Promise<boolean>;
  readonly log: Logger;
}

/** When budgets are looked at: one after the other, and not more often than helps. */
export interface Looks {
  /** Looks at these thoroughly, in the background. */
  start(ids: readonly string[]): void;
  every(intervalMs: number, ids: () => readonly string[]): void;
  /** Within a quarter of a second: bookings come by the hundred. */
  soon(ids: readonly string[]): void;
  /** Thoroughly, at its turn. Throws what the look throws. */
  now(id: string): Promise<void>;
  /** Does something while no budget is looked at. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** The look under way ends by itself. */
  stop(): Promise<void>;
}

/** Between two rounds over what was booked meanwhile. */
const ROUND_MS = 250;
/** Settling is not told, so that what may settle is looked at again. */
const PENDING_MS = 2_000;

export function createLooks({ lookAt, log }: LooksDependencies): Looks {
  /** By whether they are looked at thoroughly. As many as budgets at most. */
  const wanted = new Map<string, boolean>();
  const pending = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();
  let round: Promise<void> | undefined;
  let roundEndMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let pendingTimer: NodeJS.Timeout | undefined;
  let interval: NodeJS.Timeout | undefined;
  let isStopped = false;

  const alone = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  const lookOnce = async (id: string, isThorough: boolean): Promise<void> => {
    if (isStopped) return;
    const isPending = await lookAt(id, isThorough);
    if (isPending) pending.add(id);
    else pending.delete(id);
    if (isPending && !isStopped)
      pendingTimer ??= setTimeout(() => {
        pendingTimer = undefined;
        want([...pending], false);
      }, PENDING_MS);
  };
  const runRound = async (): Promise<void> => {
    const ids = [...wanted];
    wanted.clear();
    for (const [id, isThorough] of ids) {
      try {
        await alone(() => lookOnce(id, isThorough));
      } catch (error) {
        // What was booked stays booked; the next look finds what this one missed.
        log.error({ err: error, budget: id }, 'a budget could not be looked at');
      }
    }
  };
  const schedule = (): void => {
    if (isStopped || round !== undefined || timer !== undefined || wanted.size === 0) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        round = runRound().finally(() => {
          round = undefined;
          roundEndMs = performance.now();
          schedule();
        });
      },
      Math.max(0, roundEndMs + ROUND_MS - performance.now()),
    );
  };
  const want = (ids: readonly string[], isThorough: boolean): void => {
    for (const id of ids) wanted.set(id, isThorough || (wanted.get(id) ?? false));
    schedule();
  };
  return {
    start: (ids) => want(ids, true),
    every(intervalMs, ids) {
      interval = setInterval(() => want(ids(), false), intervalMs);
    },
    soon: (ids) => want(ids, false),
    now: (id) => alone(() => lookOnce(id, true)),
    alone,
    async stop() {
      isStopped = true;
      clearInterval(interval);
      clearTimeout(timer);
      clearTimeout(pendingTimer);
      wanted.clear();
      await round;
      await turn;
    },
  };
}
