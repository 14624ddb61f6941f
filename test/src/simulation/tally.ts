import type { AgentKey } from '@fairhop/shared/model';
import type { SimulatedAgent, Transfer } from './model.js';

/** One lie to one counterpart. */
interface Lie {
  readonly counterpart: AgentKey;
  readonly transfer: Transfer;
  readonly toHonest: boolean;
  /** The counterpart's address then. */
  readonly place: string;
  readonly bytes: number;
  readonly timeMs: number;
  /** Since when accounting has what shows it: what both ends report. */
  shownMs: number | undefined;
}

interface Catch {
  readonly how: string;
  /** Bytes of lies that were told until then, and to how many honest ones. */
  readonly bytes: number;
  readonly honest: number;
  /** Independent counterparts that were known when it was caught, and at the look before, when it was not. */
  readonly known: number;
  readonly knownBefore: number;
}

/** What is known of one cheater in truth. */
export interface Cheater {
  readonly agent: SimulatedAgent;
  readonly lies: Lie[];
  /** Independent counterparts that differed with it at the last look while it was not caught, and at the one before. */
  known: number;
  knownBefore: number;
  caught: Catch | undefined;
}

/** Keeps the truth of lies beside what is found of them. */
export interface Tally {
  readonly cheaters: ReadonlyMap<AgentKey, Cheater>;
  lied(agent: SimulatedAgent, transfer: Transfer, bytes: number): void;
  /** Its words of a transfer are with accounting. */
  reported(transfer: Transfer): void;
  caught(agent: SimulatedAgent, how: string): void;
  /** With how many independent counterparts accounting saw it differ. */
  looked(agent: SimulatedAgent, independent: number): void;
  /** An honest agent, for a reason. */
  suspected(agent: SimulatedAgent, why: string): void;
  readonly honestSuspects: ReadonlyMap<AgentKey, string>;
}

export function createTally(nowMs: () => number): Tally {
  const cheaters = new Map<AgentKey, Cheater>();
  const of = (agent: SimulatedAgent): Cheater => {
    let known = cheaters.get(agent.identity.key);
    if (known === undefined) {
      known = { agent, lies: [], known: 0, knownBefore: 0, caught: undefined };
      cheaters.set(agent.identity.key, known);
    }
    return known;
  };
  const isShown = ({ reportedBy, uploader, downloader, isOver }: Transfer): boolean =>
    isOver && reportedBy.has(uploader) && reportedBy.has(downloader);
  const honestSuspects = new Map<AgentKey, string>();
  return {
    cheaters,
    honestSuspects,
    suspected: (agent, why) => {
      honestSuspects.set(agent.identity.key, why);
    },
    lied(agent, transfer, bytes) {
      const { lies } = of(agent);
      const other = transfer.uploader === agent ? transfer.downloader : transfer.uploader;
      const shownMs = isShown(transfer) ? nowMs() : undefined;
      const toHonest = other.conduct.kind === 'honest';
      const counterpart = other.identity.key;
      const place = other.address;
      lies.push({ counterpart, place, transfer, toHonest, bytes, timeMs: nowMs(), shownMs });
    },
    reported(transfer) {
      if (!isShown(transfer)) return;
      for (const agent of [transfer.uploader, transfer.downloader])
        for (const lie of cheaters.get(agent.identity.key)?.lies ?? [])
          if (lie.transfer === transfer) lie.shownMs ??= nowMs();
    },
    caught(agent, how) {
      const record = of(agent);
      if (record.caught !== undefined) return;
      const bytes = record.lies.reduce((sum, lie) => sum + lie.bytes, 0);
      const { known, knownBefore } = record;
      record.caught = { how, bytes, honest: honestOf(record.lies), known, knownBefore };
    },
    looked(agent, independent) {
      const record = of(agent);
      record.knownBefore = record.known;
      record.known = independent;
    },
  };
}

/** To how many honest ones it lied. */
export const honestOf = (lies: Cheater['lies']): number =>
  new Set(lies.filter(({ toHonest }) => toHonest).map(({ counterpart }) => counterpart)).size;
/**
 * To how many independent ones, where accounting has what both ends say. What looks like a line that broke counts once where it
 * follows another within five minutes; who got bad data, once for all at one address.
 */
export function shownOf({ agent, lies }: Cheater): number {
  const shown = lies.filter(({ shownMs }) => shownMs !== undefined);
  if (agent.conduct.isCorrupt)
    return new Set(shown.filter(({ toHonest }) => toHonest).map(({ place }) => place)).size;
  if (!agent.conduct.isLikeBreak) return honestOf(shown);
  const timesMs = shown.filter(({ toHonest }) => toHonest).map(({ timeMs }) => timeMs);
  const apart = timesMs
    .sort((one, other) => one - other)
    .filter((timeMs, index) => index === 0 || timeMs - timesMs[index - 1]! > ONE_BREAK_MS);
  return Math.min(honestOf(shown), apart.length);
}

const ONE_BREAK_MS = 5 * 60_000;
