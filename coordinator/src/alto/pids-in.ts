import type { AltoMap } from '@fairhop/shared/net';

/** PIDs of an address, by ISP, in the maps that list it. */
export function pidsIn(maps: ReadonlyMap<string, AltoMap>, address: string): Map<string, string> {
  const pids = new Map<string, string>();
  for (const [isp, map] of maps) {
    const pid = map.pidOf(address);
    if (pid !== undefined) pids.set(isp, pid);
  }
  return pids;
}
