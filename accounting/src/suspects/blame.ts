/** What two agents said of each other, over all their transfers. */
export interface Meeting {
  readonly one: string;
  readonly other: string;
  /**
   * `never`: all that was said agrees, and something is settled. `words`: both signed, and what they signed differs, which cannot
   * happen between two honest sides. `silence`: one side did not say what the other expects; a line that broke looks so too.
   */
  readonly differs: 'never' | 'words' | 'silence';
  /**
   * Of silence: when it began, where a crash or a line that broke looks the same. What broke at one time broke once, however many
   * channels there were.
   */
  readonly brokeMs?: readonly number[];
  /** Ends that this does not count against: it is from before they were released. */
  readonly forgiven?: readonly string[];
}

export interface Standing {
  readonly agent: string;
  readonly isGuilty: boolean;
  /** Distinct counterparts that it differs with, and with whom it does not. */
  readonly disputed: number;
  readonly settled: number;
  /** Those in good standing that it differed with when it was found guilty. */
  readonly witnesses: readonly string[];
}

/** Two may be wrong together; three who did not choose each other (the lot did) are not (docs/threat-model.md). */
export const MIN_WITNESSES = 3;

/** Channels of one break are noticed within minutes. */
const ONE_BREAK_MS = 10 * 60_000;

/** How often something was silent: what is not told as a break counts for itself. */
function occasionsOf(breaks: readonly (readonly number[] | undefined)[]): number {
  const times = breaks.flatMap((each) => each ?? []).sort((one, other) => one - other);
  const apart = times.filter((timeMs, index) => index === 0 || timeMs - times[index - 1]! > ONE_BREAK_MS);
  return apart.length + breaks.filter((each) => each === undefined).length;
}

interface Party {
  readonly breaks: Map<string, readonly number[]>;
  readonly words: Set<string>;
  readonly silence: Set<string>;
  readonly settled: Set<string>;
  readonly forgiven: Set<string>;
}

/**
 * Who is to blame for disputes, of which each tells only that one of two lies. An agent is guilty when at least three distinct
 * counterparts in good standing differ with it. In good standing is who is not guilty and has more counterparts without a dispute
 * than with one, those aside that are guilty. Disputes by silence count where they are with most of its counterparts and on three
 * occasions, since lines do break. Whoever has the most witnesses is judged first, so that liars lose their voice before they are witnesses
 * themselves; then all is looked at anew, until nobody more is guilty.
 */
export function blame(
  meetings: readonly Meeting[],
  isKnownGuilty: (agent: string) => boolean = () => false,
): Standing[] {
  const parties = partiesOf(meetings);
  const guilty = new Map<string, readonly string[]>();
  const isGuilty = (agent: string): boolean => guilty.has(agent) || isKnownGuilty(agent);
  const disputedOf = ({ words, silence }: Party): string[] => [...words, ...silence];
  const isGood = (agent: string): boolean => {
    if (isGuilty(agent)) return false;
    const party = parties.get(agent)!;
    return party.settled.size > disputedOf(party).filter((other) => !isGuilty(other)).length;
  };
  const witnessesOf = (party: Party): string[] => {
    const heard = (agents: ReadonlySet<string>): string[] =>
      [...agents].filter((other) => !party.forgiven.has(other) && isGood(other));
    const [words, silence] = [heard(party.words), heard(party.silence)];
    const isSilentWithMost = words.length + silence.length > party.settled.size;
    const occasions = words.length + occasionsOf(silence.map((other) => party.breaks.get(other)));
    return isSilentWithMost && occasions >= MIN_WITNESSES ? [...words, ...silence] : words;
  };
  const open = new Set(
    [...parties].filter(([, party]) => disputedOf(party).length >= MIN_WITNESSES).map(([agent]) => agent),
  );
  for (;;) {
    let worst:
      | { readonly agent: string; readonly witnesses: readonly string[]; readonly share: number }
      | undefined;
    for (const agent of open) {
      const party = parties.get(agent)!;
      const witnesses = witnessesOf(party);
      if (witnesses.length < MIN_WITNESSES) continue;
      const share = witnesses.length / (witnesses.length + party.settled.size);
      // Where as many speak against two, the one with fewer who do not; then the key, so that the order of meetings is none.
      const isWorse =
        worst === undefined ||
        witnesses.length > worst.witnesses.length ||
        (witnesses.length === worst.witnesses.length &&
          (share > worst.share || (share === worst.share && agent < worst.agent)));
      if (isWorse) worst = { agent, witnesses, share };
    }
    if (worst === undefined) break;
    guilty.set(worst.agent, worst.witnesses);
    open.delete(worst.agent);
  }
  return [...parties].map(([agent, party]) => ({
    agent,
    isGuilty: guilty.has(agent),
    disputed: disputedOf(party).length,
    settled: party.settled.size,
    witnesses: guilty.get(agent) ?? [],
  }));
}

function partiesOf(meetings: readonly Meeting[]): Map<string, Party> {
  const parties = new Map<string, Party>();
  const partyOf = (agent: string): Party => {
    let party = parties.get(agent);
    if (party === undefined) {
      party = {
        ...{ words: new Set(), silence: new Set(), settled: new Set(), forgiven: new Set() },
        breaks: new Map(),
      };
      parties.set(agent, party);
    }
    return party;
  };
  for (const { one, other, differs, brokeMs, forgiven } of meetings) {
    for (const [agent, counterpart] of [
      [one, other],
      [other, one],
    ] as const) {
      const party = partyOf(agent);
      party[differs === 'never' ? 'settled' : differs].add(counterpart);
      if (brokeMs !== undefined) party.breaks.set(counterpart, brokeMs);
      if (forgiven?.includes(agent)) party.forgiven.add(counterpart);
    }
  }
  return parties;
}
