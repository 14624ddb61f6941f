import type { AgentKey, ContentId } from '@fairhop/shared/model';
import { createRendezvous, type Rendezvous } from './rendezvous.js';

/** A fetcher that brought nothing in for this many of the own piece times from outside is not waited for. */
const PATIENCE_FACTOR = 8;
const MIN_PATIENCE_MS = 3000;
const MAX_PATIENCE_MS = 30_000;

/** Who of an ISP fetches which piece from outside, and how long others wait for that. */
export interface EntryPlan {
  /** On-net agents that fetch this content, the own one included; empty: everybody fetches alone. */
  setFetchers(keys: readonly AgentKey[], nowMs: number): void;
  /** Others of the ISP fetch from outside too. */
  readonly shared: boolean;
  readonly fetchers: number;
  /** An agent has a piece that it is named for: it is at work. */
  noteEntered(agent: AgentKey, piece: number, nowMs: number): void;
  /** This agent got a piece from outside in this time. */
  noteOwnEntry(durationMs: number): void;
  /** Looks at the clock once, for the calls of `mayEnter` that follow. */
  refresh(nowMs: number): void;
  mayEnter(piece: number): boolean;
  weightOf(piece: number): number;
}

export function createEntryPlan(own: AgentKey, contentId: ContentId, pieces: number): EntryPlan {
  let rendezvous: Rendezvous = createRendezvous(contentId, pieces, []);
  let lastEntryMs: number[] = [];
  let mayEnterFor: boolean[] = [];
  let ownEntryMs = 0;

  const patienceMs = (): number =>
    Math.min(MAX_PATIENCE_MS, Math.max(MIN_PATIENCE_MS, ownEntryMs * PATIENCE_FACTOR));
  const refresh = (nowMs: number): void => {
    const limitMs = nowMs - patienceMs();
    mayEnterFor = rendezvous.fetchers.map((key, index) => key === own || lastEntryMs[index]! < limitMs);
  };

  return {
    setFetchers: (keys, nowMs) => {
      const before = new Map(rendezvous.fetchers.map((key, index) => [key, lastEntryMs[index]!]));
      if (before.size === new Set(keys).size && keys.every((key) => before.has(key))) return;
      rendezvous = createRendezvous(contentId, pieces, keys);
      lastEntryMs = rendezvous.fetchers.map((key) => before.get(key) ?? nowMs);
      refresh(nowMs);
    },
    get shared() {
      return rendezvous.fetchers.some((key) => key !== own);
    },
    get fetchers() {
      return rendezvous.fetchers.length;
    },
    noteEntered: (agent, piece, nowMs) => {
      const index = rendezvous.fetcherOf(piece);
      if (rendezvous.fetchers[index] === agent) lastEntryMs[index] = nowMs;
    },
    noteOwnEntry: (durationMs) => {
      ownEntryMs = ownEntryMs === 0 ? durationMs : 0.8 * ownEntryMs + 0.2 * durationMs;
    },
    refresh,
    mayEnter: (piece) => mayEnterFor[rendezvous.fetcherOf(piece)] ?? true,
    weightOf: rendezvousWeight,
  };

  function rendezvousWeight(piece: number): number {
    return rendezvous.weightOf(piece);
  }
}
