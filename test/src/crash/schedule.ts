import { createRandom } from '../fuzz/random.js';

/** Between two kills: a start takes about as long, so that some are killed while they start. */
const MAX_PAUSE_MS = 800;
/** Accounting has only begun to ingest again when an agent has connected, asked and received. */
const SHARES = { accounting: 5, agent: 8, coordinator: 2 } as const;
const SHARES_TOTAL = Object.values(SHARES).reduce((sum, share) => sum + share, 0);

export interface Kill {
  readonly pauseMs: number;
  /** An index is an agent's. */
  readonly victim: 'accounting' | 'coordinator' | number;
}

/** What is killed when: the same for the same seed. */
export function killSchedule(seed: number, kills: number, agents: number): Kill[] {
  const random = createRandom(seed);
  return Array.from({ length: kills }, () => {
    const pauseMs = random.below(MAX_PAUSE_MS);
    const at = random.below(SHARES_TOTAL);
    if (at < SHARES.accounting) return { pauseMs, victim: 'accounting' as const };
    if (at < SHARES.accounting + SHARES.coordinator) return { pauseMs, victim: 'coordinator' as const };
    return { pauseMs, victim: random.below(agents) };
  });
}
