import { type AgentKey, createBoundedCache } from '@fairhop/shared/model';

/** Bad data that agents reported of each other. One reporter counts once, so that nobody is talked down by one enemy. */
export interface Reliability {
  /** How many agents reported it. */
  badReports(agent: AgentKey): number;
  report(agent: AgentKey, reporter: AgentKey): void;
}

/** Agents remembered; the ones not asked about for the longest time are forgotten first. At most 1 KiB each. */
const MAX_AGENTS = 20_000;
/** More make no difference to the order. */
const MAX_REPORTERS = 16;

export function createReliability(): Reliability {
  const reporters = createBoundedCache<AgentKey, Set<AgentKey>>(MAX_AGENTS);
  return {
    badReports: (agent) => reporters.get(agent)?.size ?? 0,
    report(agent, reporter) {
      const known = reporters.get(agent) ?? new Set<AgentKey>();
      reporters.set(agent, known);
      if (known.size < MAX_REPORTERS) known.add(reporter);
    },
  };
}
