import type { AgentKey, Quarantine, Suspicion } from '@fairhop/shared/model';

/** What one accuser says of an agent. */
export interface Placement {
  readonly by: string;
  readonly sinceMs: number;
  /** Null: until it is released by hand. */
  readonly untilMs: number | null;
  readonly suspicions: readonly Suspicion[];
}

/** As many as a quarantine tells (shared/src/model/belief.ts). */
const MAX_SUSPICIONS = 32;
const MAX_BY_CHARACTERS = 64;

/**
 * All placements of one agent as one quarantine: it lasts as long as the longest of them, so that nobody shortens what another one
 * ordered; the heaviest suspicions come first.
 */
export function mergePlacements(agent: AgentKey, placements: readonly Placement[]): Quarantine | undefined {
  if (placements.length === 0) return undefined;
  const ends = placements.map(({ untilMs }) => untilMs);
  return {
    agent,
    sinceMs: Math.min(...placements.map(({ sinceMs }) => sinceMs)),
    untilMs: ends.includes(null) ? null : Math.max(...ends.map(Number)),
    by: [...new Set(placements.map(({ by }) => by))].sort().join(', ').slice(0, MAX_BY_CHARACTERS),
    suspicions: placements
      .flatMap(({ suspicions }) => suspicions)
      .sort((one, other) => other.score - one.score || other.timeMs - one.timeMs)
      .slice(0, MAX_SUSPICIONS),
  };
}
