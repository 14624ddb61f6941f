import type { Member, Network, UploaderGroup, UploadersByPid } from './swarm-model.js';
import { createGroup, isEmpty, type Role } from './uploader-group.js';

/** A content's uploaders by network and by PID in one ISP's map. */
export interface PidIndex {
  readonly groups: UploadersByPid;
  /** Puts the member where it belongs. True when groups came or went by that. */
  set(member: Member, role: Role): boolean;
}

/**
 * Selection looks at every group once for a new destination. A map that cuts more finely where the swarm is gets its other
 * PIDs' agents as agents that it does not list.
 */
const MAX_GROUPS = 4_000;

export function createPidIndex(isp: string, maxGroups = MAX_GROUPS): PidIndex {
  const groups = new Map<Network, Map<string | undefined, UploaderGroup>>();
  /** Where a member is, so that it is found there when its PID is another one since. */
  const places = new Map<Member, { readonly network: Network; readonly pid: string | undefined }>();
  let count = 0;
  /** Groups that lost their last member since empty ones were forgotten. Small ones are empty often and for a short time only. */
  let emptied = 0;

  const leave = (member: Member): void => {
    const place = places.get(member);
    if (!place) return;
    places.delete(member);
    const group = groups.get(place.network)!.get(place.pid)!;
    group.holders.delete(member);
    group.starters.delete(member);
    if (isEmpty(group)) emptied += 1;
  };
  const forgetEmpty = (): void => {
    emptied = 0;
    for (const [network, byPid] of groups) {
      for (const [pid, group] of byPid) {
        if (isEmpty(group) && byPid.delete(pid)) count -= 1;
      }
      if (byPid.size === 0) groups.delete(network);
    }
  };

  return {
    groups,
    set(member, role) {
      const { network, pids } = member.agent;
      if (role === undefined || network === null) {
        leave(member);
        return false;
      }
      const listed = pids.get(isp);
      const isFull = count >= maxGroups && emptied > maxGroups / 4;
      const isForgetting = isFull && !groups.get(network)?.has(listed);
      if (isForgetting) forgetEmpty();
      const byPid = groups.get(network) ?? new Map<string | undefined, UploaderGroup>();
      const pid = byPid.has(listed) || count < maxGroups ? listed : undefined;
      const place = places.get(member);
      if (place?.network !== network || place.pid !== pid) {
        leave(member);
        places.set(member, { network, pid });
      }
      groups.set(network, byPid);
      const known = byPid.get(pid);
      const group = known ?? createGroup();
      if (!known) {
        byPid.set(pid, group);
        count += 1;
      }
      const [into, outOf] =
        role === 'holder' ? (['holders', 'starters'] as const) : (['starters', 'holders'] as const);
      group[outOf].delete(member);
      group[into].add(member);
      return isForgetting || !known;
    },
  };
}
