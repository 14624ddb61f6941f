/** At most so many at once; the rest wait in order. */
export interface Slots {
  /** Resolves to what gives the slot back. Rejects with the signal's reason. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  /** One entry per fill, and there is one fill per content that is being read. */
  const waiting = new Set<() => void>();
  let free = count;
  const give = (): void => {
    free += 1;
    const [next] = waiting;
    next?.();
  };
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const enter = (): void => {
          waiting.delete(enter);
          signal.removeEventListener('abort', onAbort);
          free -= 1;
          resolve(give);
        };
        const onAbort = (): void => {
          waiting.delete(enter);
          reject(signal.reason);
        };
        if (free > 0) {
          enter();
          return;
        }
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.add(enter);
      }),
  };
}
