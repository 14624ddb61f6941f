import type { UplinkUsageStore } from '../session/dependencies.js';

/** A usage store that forgets with the process, for tests. */
export function createMemoryUsage(): UplinkUsageStore {
  const stored = new Map<string, number>();
  return {
    bytes: (scope, month) => stored.get(`${month} ${scope}`) ?? 0,
    add(entries) {
      for (const { scope, month, bytes } of entries) {
        stored.set(`${month} ${scope}`, (stored.get(`${month} ${scope}`) ?? 0) + bytes);
      }
    },
  };
}
