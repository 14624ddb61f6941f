import type { AgentKey } from '@fairhop/shared/model';
import type { SimulatedAgent, Transfer } from './model.js';

/** One lie to one counterpart. */
interface Lie {
  readonly counterpart: AgentKey;
  readonly transfer: Transfer;
  readonly toHonest: boolean;
  readonly bytes: number;
  /** Since when accounting has what shows it: what both ends report. */
  shownMs: number | undefined;
}

interface Catch {
  readonly how: string;
  readonly timeMs: number;
  /** Bytes of lies that were told until then, and to how many. */
  readonly bytes: number;
  readonly counterparts: number;
}

/** What is known of one cheater in truth. */
export interface Cheater {
  readonly agent: SimulatedAgent;
  readonly lies: Lie[];
  caught: Catch | undefined;
}

/** Keeps the truth of lies beside what is found of them. */
export interface Tally {
  readonly cheaters: ReadonlyMap<AgentKey, Cheater>;
  lied(agent: SimulatedAgent, transfer: Transfer, bytes: number): void;
  /** Its words of a transfer are with accounting. */
  reported(transfer: Transfer): void;
  caught(agent: SimulatedAgent, how: string): void;
  /** An honest agent, for a reason. */
  suspected(agent: SimulatedAgent, why: string): void;
  readonly honestSuspects: ReadonlyMap<AgentKey, string>;
}

export function createTally(nowMs: () => number): Tally {
  const cheaters = new Map<AgentKey, Cheater>();
  const of = (agent: SimulatedAgent): Cheater => {
    let known = cheaters.get(agent.identity.key);
    if (known === undefined) {
      known = { agent, lies: [], caught: undefined };
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
      lies.push({ counterpart: other.identity.key, transfer, toHonest, bytes, shownMs });
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
      record.caught = {
        how,
        timeMs: nowMs(),
        bytes,
        counterparts: Math.max(counterpartsOf(record.lies), Math.min(1, record.lies.length)),
      };
    },
  };
}

/** To how many honest ones it lied where accounting has what both ends say. */
export const counterpartsOf = (lies: Cheater['lies']): number =>
  new Set(
    lies
      .filter(({ shownMs, toHonest }) => shownMs !== undefined && toHonest)
      .map(({ counterpart }) => counterpart),
  ).size;
