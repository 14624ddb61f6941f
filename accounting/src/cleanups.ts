/** What must be undone, the newest first. */
export interface Cleanups {
  add(cleanup: () => unknown): void;
  /** Undoes all, whatever fails on the way; throws the first failure at the end. */
  run(): Promise<void>;
}

export function createCleanups(): Cleanups {
  const cleanups: (() => unknown)[] = [];
  return {
    add: (cleanup) => {
      cleanups.push(cleanup);
    },
    async run() {
      const failures: unknown[] = [];
      for (let cleanup = cleanups.pop(); cleanup !== undefined; cleanup = cleanups.pop()) {
        try {
          await cleanup();
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
