import type { Steps } from '../networks/steps.js';
import { disputedOf, type Party } from './meetings.js';

/** Who differs with fewer is not judged (`blame.ts`). */
const FEW_DISPUTES = 2;

/**
 * Parts agents into communities, in which each agrees with more than it differs with. Those who differ with nearly nobody join first,
 * then whoever the members agree with most: liars who agree with each other, and with some that they do not lie to, come after those
 * that they lie to. Finding such liars is finding communities (Viswanath et al., "An Analysis of Social Network-based Sybil Defenses",
 * SIGCOMM 2010); here differences are known too.
 */
export function* communitiesOf(
  parties: ReadonlyMap<string, Party>,
  isOut: (agent: string) => boolean,
): Steps<ReadonlySet<string>[]> {
  const left = new Set(
    [...parties].filter(([agent, { settled }]) => settled.size > 0 && !isOut(agent)).map(([agent]) => agent),
  );
  const seeds = [...left]
    .map((agent) => {
      const party = parties.get(agent)!;
      return { agent, disputes: disputedOf(party).length, settled: party.settled.size };
    })
    .sort(
      (one, other) =>
        one.disputes - other.disputes || other.settled - one.settled || (one.agent < other.agent ? -1 : 1),
    );
  const communities: ReadonlySet<string>[] = [];
  for (const { agent: seed } of seeds) {
    if (!left.has(seed)) continue;
    const members = yield* grow(seed, parties, left);
    left.delete(seed);
    for (const member of members) left.delete(member);
    if (members.size > 1) communities.push(members);
  }
  return communities;
}

function* grow(
  seed: string,
  parties: ReadonlyMap<string, Party>,
  left: ReadonlySet<string>,
): Steps<Set<string>> {
  const members = new Set<string>();
  const margins = new Map<string, number>();
  const innocent = [seed];
  /** By margin; an entry is out of date once its agent's margin is another. */
  const others: string[][] = [];
  const offer = (agent: string): void => {
    const margin = margins.get(agent) ?? 0;
    if (margin < 1) return;
    if (disputedOf(parties.get(agent)!).length <= FEW_DISPUTES) innocent.push(agent);
    else {
      others[margin] ??= [];
      others[margin].push(agent);
    }
  };
  const next = (): string | undefined => {
    while (others.length > 0) {
      const agent = others.at(-1)?.pop();
      if (agent === undefined) others.pop();
      else if (margins.get(agent) === others.length - 1) return agent;
      else if (!members.has(agent)) offer(agent);
    }
    return undefined;
  };
  const join = (agent: string): void => {
    members.add(agent);
    const party = parties.get(agent)!;
    for (const other of disputedOf(party)) margins.set(other, (margins.get(other) ?? 0) - 1);
    for (const other of party.settled) {
      margins.set(other, (margins.get(other) ?? 0) + 1);
      if (left.has(other) && !members.has(other)) offer(other);
    }
  };
  for (let agent = innocent.pop() ?? next(); agent !== undefined; agent = innocent.pop() ?? next())
    if (!members.has(agent) && (members.size === 0 || margins.get(agent)! > 0)) {
      join(agent);
      yield;
    }
  const toCheck = [...members];
  for (let agent = toCheck.pop(); agent !== undefined; agent = toCheck.pop()) {
    if (!members.has(agent) || margins.get(agent)! > 0) continue;
    members.delete(agent);
    const party = parties.get(agent)!;
    for (const other of disputedOf(party)) margins.set(other, margins.get(other)! + 1);
    for (const other of party.settled) {
      margins.set(other, margins.get(other)! - 1);
      toCheck.push(other);
    }
    yield;
  }
  return members;
}
