import { sleep } from '@fairhop/shared/service';

const TIMEOUT_MS = 60_000;
const INTERVAL_MS = 250;

/** Looks again and again until what is seen will do, and gives it; after a minute gives what is seen then. */
export const poll = async <T>(
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
  signal: AbortSignal,
): Promise<T> => {
  const deadlineMs = performance.now() + TIMEOUT_MS;
  for (;;) {
    const seen = await look();
    if (isEnough(seen) || performance.now() > deadlineMs) return seen;
    await sleep(INTERVAL_MS, signal);
  }
};
