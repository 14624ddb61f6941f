import type { Steps } from '../networks/steps.js';
import { createHearing, type Heard, independentOf, witnessCount, witnessesOf } from './hearing.js';
import { disputedOf, type Meeting, partiesOf } from './meetings.js';
import { MIN_WITNESSES, sidesOf } from './sides.js';
import { createTournament } from './tournament.js';

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
 * looked at anew, until nobody more is guilty. In steps: it may take seconds.
 */
export function* blame(meetings: readonly Meeting[], known: Known = {}): Steps<Standing[]> {
  const { isGuilty: isKnownGuilty = () => false, addressOf = (agent: string) => agent } = known;
  const { isTrusted = () => false } = known;
  const parties = yield* partiesOf(meetings);
  const hearing = yield* createHearing(parties, { isGuilty: isKnownGuilty, isTrusted });
  const guilty = new Set(hearing.all.filter(({ isGuilty }) => isGuilty).map(({ agent }) => agent));
  const part = () => sidesOf(parties, (agent) => guilty.has(agent), addressOf);
  const open = createDocket(hearing.all);
  const found = new Map<Heard, Found>();
  let sides = yield* part();
  for (let judged = -1; judged < guilty.size; ) {
    judged = guilty.size;
    yield* hearing.seat(sides);
    for (const heard of hearing.all) {
      open.weigh(heard);
      yield;
    }
    for (let worst = open.worst(); worst !== undefined; worst = open.worst()) {
      found.set(worst, { witnesses: witnessesOf(worst), independent: independentOf(worst) });
      guilty.add(worst.agent);
      open.close(worst);
      for (const heard of hearing.convict(worst)) open.weigh(heard);
      yield;
    }
    if (guilty.size > judged) sides = yield* part();
  }
  return hearing.all.map((heard) => ({
    agent: heard.agent,
    isGuilty: found.has(heard),
    disputed: disputedOf(heard.party).length,
    settled: heard.party.settled.size,
    witnesses: found.get(heard)?.witnesses ?? [],
    independent: found.get(heard)?.independent ?? independentOf(heard),
    isTrusted: heard.isGood && !sides.small.has(heard.agent),
  }));
}

interface Found {
  readonly witnesses: readonly string[];
  readonly independent: number;
}

/**
 * Those who are not judged, by their witnesses. Where as many speak against two, the one with fewer who do not is worse; then the
 * key, so that the order of meetings is none.
 */
function createDocket(all: readonly Heard[]) {
  const ranked = all
    .filter(({ words, silence }) => words.length + silence.length >= MIN_WITNESSES)
    .sort(
      (one, other) => one.party.settled.size - other.party.settled.size || (one.agent < other.agent ? -1 : 1),
    );
  const ranks = new Map(ranked.map((heard, rank) => [heard, rank]));
  const witnesses = createTournament(ranked.length);
  return {
    /** Anew, once other words count. */
    weigh(heard: Heard): void {
      const rank = ranks.get(heard);
      if (rank !== undefined) witnesses.set(rank, witnessCount(heard));
    },
    worst: (): Heard | undefined =>
      witnesses.largest < MIN_WITNESSES ? undefined : ranked[witnesses.indexOfLargest],
    close(heard: Heard): void {
      witnesses.set(ranks.get(heard)!, 0);
      ranks.delete(heard);
    },
  };
}
