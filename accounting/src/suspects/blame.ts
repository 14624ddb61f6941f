import { communitiesOf } from './communities.js';
import { disputedOf, doubtedOf, type Meeting, type Party, partiesOf } from './meetings.js';

export interface Standing {
  readonly agent: string;
  readonly isGuilty: boolean;
  /** Distinct counterparts that it differs with, and with whom it does not. */
  readonly disputed: number;
  readonly settled: number;
  /** Those in good standing that it differed with when it was found guilty. */
  readonly witnesses: readonly string[];
  /** How many in good standing differ with it, guilty or not yet; those of one break count once. */
  readonly independent: number;
  /** In good standing, and in no small community. */
  readonly isTrusted: boolean;
}

/** Two may be wrong together; three who did not choose each other (the lot did) are not (docs/threat-model.md). */
export const MIN_WITNESSES = 3;

/** A channel without receipts ends within half a minute, and a line that comes and goes does so for minutes. */
const ONE_BREAK_MS = 5 * 60_000;
/** Two communities of like size may be two networks with a bad line between them: a small one is less than half of the largest. */
const SMALL_COMMUNITY = 1 / 2;

/** How often something was silent: what is not told as a break counts for itself. */
function occasionsOf(breaks: readonly (readonly number[] | undefined)[]): number {
  const times = breaks.flatMap((each) => each ?? []).sort((one, other) => one - other);
  const apart = times.filter((timeMs, index) => index === 0 || timeMs - times[index - 1]! > ONE_BREAK_MS);
  return apart.length + breaks.filter((each) => each === undefined).length;
}

interface Found {
  readonly witnesses: readonly string[];
  readonly independent: number;
}

/** What is known of agents besides. */
export interface Known {
  /** By other proofs. */
  readonly isGuilty?: (agent: string) => boolean;
  /** Where it is: keys cost nothing, so that a community is as large as it has addresses. */
  readonly addressOf?: (agent: string) => string;
  /** By more than the meetings tell: good standing belongs to a person, whatever part of what it said is looked at. */
  readonly isTrusted?: (agent: string) => boolean;
}

/**
 * Who is to blame for disputes, of which each tells only that one of two lies. An agent is guilty when at least three distinct
 * counterparts in good standing differ with it. In good standing is who is not guilty and has more counterparts without a dispute
 * than with one, guilty ones aside; against members of the largest community those of small ones are not heard. Disputes in which
 * one end shows the other's signature (`cleared`) count against the other alone. Disputes by silence count where they are with most
 * of its counterparts and on three occasions, since lines do break. Who is in a small community and differs with three of the
 * largest neither speaks nor vouches, as if it were guilty: liars who agree shield one another.
 * Whoever has the most witnesses is judged first, so that liars lose their voice before they are witnesses themselves; then all is
 * looked at anew, until nobody more is guilty.
 */
export function blame(meetings: readonly Meeting[], known: Known = {}): Standing[] {
  const { isGuilty: isKnownGuilty = () => false, addressOf = (agent: string) => agent } = known;
  const { isTrusted = () => false } = known;
  const parties = partiesOf(meetings);
  const guilty = new Map<string, Found>();
  const isGuilty = (agent: string): boolean => guilty.has(agent) || isKnownGuilty(agent);
  let { largest, small, shields } = sidesOf(parties, isGuilty, addressOf);
  const counts = (agent: string): boolean => !isGuilty(agent) && !shields.has(agent);
  const countOf = (agents: readonly string[]): number => agents.filter(counts).length;
  const isGood = (agent: string): boolean => {
    if (!counts(agent)) return false;
    const party = parties.get(agent)!;
    return countOf([...party.settled]) > countOf(doubtedOf(party));
  };
  const judge = (agent: string, party: Party): Found => {
    const heard = (agents: ReadonlySet<string>): string[] =>
      [...agents].filter(
        (other) =>
          !party.forgiven.has(other) &&
          !party.cleared.has(other) &&
          ((counts(other) && isTrusted(other)) ||
            (isGood(other) && !(largest.has(agent) && small.has(other)))),
      );
    const [words, silence] = [heard(party.words), heard(party.silence)];
    const isSilentWithMost = words.length + silence.length > countOf([...party.settled]);
    const independent = words.length + occasionsOf(silence.map((other) => party.breaks.get(other)));
    const isSilent = isSilentWithMost && independent >= MIN_WITNESSES;
    return { witnesses: isSilent ? [...words, ...silence] : words, independent };
  };
  const open = new Set(
    [...parties].filter(([, party]) => doubtedOf(party).length >= MIN_WITNESSES).map(([agent]) => agent),
  );
  const worstOf = (): (Found & { readonly agent: string }) | undefined => {
    let worst: (Found & { readonly agent: string; readonly share: number }) | undefined;
    for (const agent of open) {
      const party = parties.get(agent)!;
      const found = judge(agent, party);
      const { length } = found.witnesses;
      if (length < MIN_WITNESSES) continue;
      const share = length / (length + party.settled.size);
      // Where as many speak against two, the one with fewer who do not; then the key, so that the order of meetings is none.
      const isWorse =
        worst === undefined ||
        length > worst.witnesses.length ||
        (length === worst.witnesses.length &&
          (share > worst.share || (share === worst.share && agent < worst.agent)));
      if (isWorse) worst = { ...found, agent, share };
    }
    return worst;
  };
  for (let judged = -1; judged < guilty.size; ) {
    judged = guilty.size;
    for (let worst = worstOf(); worst !== undefined; worst = worstOf()) {
      guilty.set(worst.agent, worst);
      open.delete(worst.agent);
    }
    if (guilty.size > judged) ({ largest, small, shields } = sidesOf(parties, isGuilty, addressOf));
  }
  return [...parties].map(([agent, party]) => ({
    agent,
    isGuilty: guilty.has(agent),
    disputed: disputedOf(party).length,
    settled: party.settled.size,
    witnesses: guilty.get(agent)?.witnesses ?? [],
    independent: (guilty.get(agent) ?? judge(agent, party)).independent,
    isTrusted: isGood(agent) && !small.has(agent),
  }));
}

interface Sides {
  readonly largest: ReadonlySet<string>;
  /** Who is in no community that is half as large. */
  readonly small: ReadonlySet<string>;
  /** Of those, who differs with three of the largest. */
  readonly shields: ReadonlySet<string>;
}

function sidesOf(
  parties: ReadonlyMap<string, Party>,
  isGuilty: (agent: string) => boolean,
  addressOf: (agent: string) => string,
): Sides {
  const communities = communitiesOf(parties, isGuilty).map((members) => ({
    members,
    size: new Set([...members].map(addressOf)).size,
  }));
  const first = communities.reduce((one, other) => (other.size > one.size ? other : one), {
    members: new Set() as ReadonlySet<string>,
    size: 0,
  });
  const small = new Set(parties.keys());
  for (const { members, size } of communities)
    if (size >= first.size * SMALL_COMMUNITY) for (const member of members) small.delete(member);
  const shields = [...small].filter(
    (agent) =>
      doubtedOf(parties.get(agent)!).filter((other) => first.members.has(other)).length >= MIN_WITNESSES,
  );
  return { largest: first.members, small, shields: new Set(shields) };
}
