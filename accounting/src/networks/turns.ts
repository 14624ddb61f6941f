import { FairhopError } from '@fairhop/shared/model';

/** Each waits with its whole declaration in memory. */
const MAX_WAITING = 16;

/** Work that is done one after the other, in the order in which it came. */
export interface Turns {
  /** Throws `declarations-busy` (503) when too many wait already. */
  take<Result>(work: () => Promise<Result>): Promise<Result>;
  /** All that was taken is done. */
  idle(): Promise<void>;
}

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async take(work) {
      if (waiting >= MAX_WAITING) {
        const message = `${waiting} declarations wait already; declare again in some seconds`;
        throw new FairhopError('declarations-busy', message, { status: 503 });
      }
      waiting += 1;
      const done = last.then(work);
      last = done.catch(() => undefined);
      try {
        return await done;
      } finally {
        waiting -= 1;
      }
    },
    async idle() {
      await last;
    },
  };
}
