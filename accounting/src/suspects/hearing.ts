import type { Steps } from '../networks/steps.js';
import { doubtedOf, type Party } from './meetings.js';
import { MIN_WITNESSES, type Sides } from './sides.js';

/** A channel without receipts ends within half a minute, and a line that comes and goes does so for minutes. */
const ONE_BREAK_MS = 5 * 60_000;

/** An agent before its counterparts, with what of their words counts by now. */
export interface Heard {
  readonly agent: string;
  readonly party: Party;
  /** Who differs with it and may be believed: their dispute is neither forgiven nor cleared. */
  readonly words: readonly Heard[];
  readonly silence: readonly Heard[];
  /** When silence began, in order, as far as that is told. */
  readonly breaks: readonly { readonly timeMs: number; readonly by: Heard }[];
  /** The other way round: against whom it speaks, and in whose standing it counts. */
  readonly accused: { words: Heard[]; silence: Heard[] };
  readonly standsWith: { settled: Heard[]; doubted: Heard[] };
  readonly isTrusted: boolean;
  isGuilty: boolean;
  /** Neither guilty nor a shield of liars. */
  hasVoice: boolean;
  isOfLargest: boolean;
  isSmall: boolean;
  /** Counterparts with a voice: without a dispute, and with one in which it may be the one that lies. */
  agreeing: number;
  doubting: number;
  isGood: boolean;
  /** How many of `words` and `silence` are heard. */
  wordCount: number;
  silenceCount: number;
  /** On how many occasions those were silent; undefined until it is counted anew. */
  occasions: number | undefined;
}

/** Whom each agent is accused by, kept as agents lose their voice, so that nobody is looked at who has nothing to do with it. */
export interface Hearing {
  readonly all: readonly Heard[];
  /** Counts all anew. */
  seat(sides: Sides): Steps<void>;
  /** It is guilty, and heard no more. Gives those of whom other words count now. */
  convict(heard: Heard): Iterable<Heard>;
}

/** How many make it guilty, if they are enough; less than that is given as it is. */
export function witnessCount(heard: Heard): number {
  const { wordCount, silenceCount } = heard;
  return isSilent(heard) ? wordCount + silenceCount : wordCount;
}

export const witnessesOf = (heard: Heard): string[] =>
  [...heard.words, ...(isSilent(heard) ? heard.silence : [])]
    .filter((witness) => isHeard(heard, witness))
    .map(({ agent }) => agent);

/** What broke at one time broke once; what is not told as a break counts for itself. */
export function independentOf(heard: Heard): number {
  heard.occasions ??= occasionsOf(heard);
  return heard.wordCount + heard.occasions;
}

function occasionsOf(heard: Heard): number {
  const { silence, breaks, party } = heard;
  if (heard.silenceCount === 0) return 0;
  let occasions = silence.filter((other) => !party.breaks.has(other.agent) && isHeard(heard, other)).length;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { timeMs, by } of breaks) {
    if (!isHeard(heard, by)) continue;
    if (timeMs - lastMs > ONE_BREAK_MS) occasions += 1;
    lastMs = timeMs;
  }
  return occasions;
}

/** Lines do break: silence counts with most of its counterparts, and on three occasions. */
const isSilent = (heard: Heard): boolean =>
  heard.silenceCount > 0 &&
  heard.wordCount + heard.silenceCount > heard.agreeing &&
  (heard.wordCount >= MIN_WITNESSES || independentOf(heard) >= MIN_WITNESSES);

const isGoodOf = ({ hasVoice, agreeing, doubting }: Heard): boolean => hasVoice && agreeing > doubting;

/** Whether the word of `witness` counts against it. */
const isHeard = (heard: Heard, witness: Heard): boolean =>
  (witness.hasVoice && witness.isTrusted) || (witness.isGood && !(heard.isOfLargest && witness.isSmall));

export function* createHearing(
  parties: ReadonlyMap<string, Party>,
  { isGuilty, isTrusted }: Record<'isGuilty' | 'isTrusted', (agent: string) => boolean>,
): Steps<Hearing> {
  const byAgent = new Map<string, Mutable>();
  for (const [agent, party] of parties) {
    byAgent.set(agent, unheard(agent, party, isGuilty(agent), isTrusted(agent)));
    yield;
  }
  const all = [...byAgent.values()];
  for (const heard of all) {
    link(heard, byAgent);
    yield;
  }
  let touched = new Set<Heard>();
  const tell = (heard: Heard, sign: 1 | -1): void => {
    for (const other of heard.accused.words)
      if (isHeard(other, heard)) {
        other.wordCount += sign;
        touched.add(other);
      }
    for (const other of heard.accused.silence)
      if (isHeard(other, heard)) {
        other.silenceCount += sign;
        other.occasions = undefined;
        touched.add(other);
      }
  };
  /** With what tells whether it is heard, all counts change that it is in. */
  const change = (heard: Heard, set: Partial<Pick<Heard, 'hasVoice' | 'isGood'>>): void => {
    tell(heard, -1);
    Object.assign(heard, set);
    tell(heard, 1);
  };
  const weigh = (heard: Heard): void => {
    touched.add(heard);
    if (isGoodOf(heard) !== heard.isGood) change(heard, { isGood: isGoodOf(heard) });
  };
  return {
    all,
    *seat({ largest, small, shields }) {
      for (const heard of all) {
        const { agent, isGuilty } = heard;
        Object.assign(heard, { hasVoice: !isGuilty && !shields.has(agent), isGood: false });
        Object.assign(heard, { isOfLargest: largest.has(agent), isSmall: small.has(agent) });
        Object.assign(heard, {
          agreeing: 0,
          doubting: 0,
          wordCount: 0,
          silenceCount: 0,
          occasions: undefined,
        });
        yield;
      }
      for (const { hasVoice, standsWith } of all) {
        if (!hasVoice) continue;
        for (const other of standsWith.settled) other.agreeing += 1;
        for (const other of standsWith.doubted) other.doubting += 1;
        yield;
      }
      for (const heard of all) {
        heard.isGood = isGoodOf(heard);
        tell(heard, 1);
        yield;
      }
    },
    convict(heard) {
      heard.isGuilty = true;
      touched = new Set();
      if (!heard.hasVoice) return touched;
      change(heard, { hasVoice: false, isGood: false });
      for (const other of heard.standsWith.settled) {
        other.agreeing -= 1;
        weigh(other);
      }
      for (const other of heard.standsWith.doubted) {
        other.doubting -= 1;
        weigh(other);
      }
      return touched;
    },
  };
}

type Mutable = Heard & {
  readonly words: Heard[];
  readonly silence: Heard[];
  breaks: { readonly timeMs: number; readonly by: Heard }[];
};

const unheard = (agent: string, party: Party, isGuilty: boolean, isTrusted: boolean): Mutable => ({
  ...{ agent, party, isGuilty, isTrusted, words: [], silence: [], breaks: [] },
  ...{ accused: { words: [], silence: [] }, standsWith: { settled: [], doubted: [] } },
  ...{ hasVoice: false, isOfLargest: false, isSmall: false, isGood: false },
  ...{ agreeing: 0, doubting: 0, wordCount: 0, silenceCount: 0, occasions: undefined },
});

function link(heard: Mutable, byAgent: ReadonlyMap<string, Heard>): void {
  const { party } = heard;
  const mayCount = (other: string): boolean => !party.forgiven.has(other) && !party.cleared.has(other);
  for (const kind of ['words', 'silence'] as const)
    for (const other of [...party[kind]].filter(mayCount)) {
      const witness = byAgent.get(other)!;
      heard[kind].push(witness);
      witness.accused[kind].push(heard);
    }
  for (const other of party.settled) byAgent.get(other)!.standsWith.settled.push(heard);
  for (const other of doubtedOf(party)) byAgent.get(other)!.standsWith.doubted.push(heard);
  heard.breaks = heard.silence
    .flatMap((by) => (party.breaks.get(by.agent) ?? []).map((timeMs) => ({ timeMs, by })))
    .sort((one, other) => one.timeMs - other.timeMs);
}
