import type { UplinkStore } from '../session/dependencies.js';
import type { GrantRecord } from './running-grant.js';

/** A store that forgets with the process, for tests. */
export function createMemoryUplinks(): UplinkStore {
  const stored = new Map<string, number>();
  const grants = new Map<string, GrantRecord>();
  return {
    bytes: (scope, month) => stored.get(`${month} ${scope}`) ?? 0,
    runningGrants: (nowMs) => [...grants.values()].filter(({ expiresMs }) => expiresMs > nowMs),
    write({ used, running, ended }) {
      for (const { scope, month, bytes } of used) {
        stored.set(`${month} ${scope}`, (stored.get(`${month} ${scope}`) ?? 0) + bytes);
      }
      for (const grant of running) grants.set(grant.transferId, structuredClone(grant));
      for (const transferId of ended) grants.delete(transferId);
    },
  };
}
