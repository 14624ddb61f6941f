import type { Steps } from '../networks/steps.js';

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
  /** Ends that show what the other signed for all that they say: they are not the one that lies. */
  readonly cleared?: readonly string[];
}

/** One agent's counterparts, by what was said. */
export interface Party {
  readonly breaks: Map<string, readonly number[]>;
  readonly words: Set<string>;
  readonly silence: Set<string>;
  readonly settled: Set<string>;
  readonly forgiven: Set<string>;
  readonly cleared: Set<string>;
}

/** With whom it differs. */
export const disputedOf = ({ words, silence }: Party): string[] => [...words, ...silence];
/** Of those, with whom it may be the one that lies. */
export const doubtedOf = (party: Party): string[] =>
  disputedOf(party).filter((other) => !party.cleared.has(other));

export function* partiesOf(meetings: readonly Meeting[]): Steps<Map<string, Party>> {
  const parties = new Map<string, Party>();
  const partyOf = (agent: string): Party => {
    let party = parties.get(agent);
    if (party === undefined) {
      party = {
        ...{ words: new Set(), silence: new Set(), settled: new Set(), forgiven: new Set() },
        ...{ cleared: new Set(), breaks: new Map() },
      };
      parties.set(agent, party);
    }
    return party;
  };
  for (const { one, other, differs, brokeMs, forgiven, cleared } of meetings) {
    for (const [agent, counterpart] of [
      [one, other],
      [other, one],
    ] as const) {
      const party = partyOf(agent);
      party[differs === 'never' ? 'settled' : differs].add(counterpart);
      if (brokeMs !== undefined) party.breaks.set(counterpart, brokeMs);
      if (forgiven?.includes(agent)) party.forgiven.add(counterpart);
      if (cleared?.includes(agent)) party.cleared.add(counterpart);
    }
    yield;
  }
  return parties;
}
