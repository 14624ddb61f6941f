import { type Commitment, commitShares } from './commit.js';
import { demandOf, type Use } from './demand.js';
import { nextPhase, type Phase } from './phase.js';
import { shareCapacity } from './share-capacity.js';
import { surplusGrants } from './surplus.js';

/** A policy as of now. */
export interface DecidedPolicy {
  readonly id: string;
  /** Within its hours. */
  readonly isInForce: boolean;
  readonly capacityBitsPerSecond: number;
  readonly releasePercent: number;
  readonly phase: Phase;
  /** Load over the component of which neither grants nor edges told. */
  readonly unknownBitsPerSecond: number;
}

/** A sender's payload under policies in force; rates in bits per second. */
export interface DecidedFlow extends Use {
  readonly id: string;
  readonly policies: readonly string[];
  readonly weight: number;
  /** Undefined for edges, which cannot be ended. */
  readonly progress: number | undefined;
  readonly isTellable: boolean;
}

export interface Decision {
  readonly phases: ReadonlyMap<string, Phase>;
  /** What is expected over each policy in force. */
  readonly loads: ReadonlyMap<string, number>;
  /** What each flow shall have; a sum over a policy is never above its capacity. */
  readonly targets: ReadonlyMap<string, number>;
  /** What each may have as soon as those are told who can be told: nor is the sum of these. */
  readonly committed: ReadonlyMap<string, number>;
  /** Grants to end: their share would be of no use. */
  readonly ended: ReadonlySet<string>;
}

/** Late timers and rates that waver: real bytes of ten seconds stay below the capacity. */
export const USABLE_SHARE = 0.96;

/** Everything that follows from policies, what is granted over them and what was measured. Pure. */
export function decide(
  policies: readonly DecidedPolicy[],
  flows: readonly DecidedFlow[],
  nowMs: number,
): Decision {
  const usable = new Map(
    policies
      .filter(({ isInForce }) => isInForce)
      .map(({ id, capacityBitsPerSecond, unknownBitsPerSecond }) => [
        id,
        Math.max(0, USABLE_SHARE * capacityBitsPerSecond - unknownBitsPerSecond),
      ]),
  );
  const grants = flows.flatMap(({ id, policies: over, progress }) =>
    progress === undefined ? [] : [{ id, policies: over, progress }],
  );
  const edges = flows.filter(({ progress }) => progress === undefined);
  const ended = surplusGrants(usable, grants, edges);
  const staying = flows.filter(({ id }) => !ended.has(id));
  const { rates, expected } = shareCapacity(
    usable,
    staying.map((flow) => ({ ...flow, demand: demandOf(flow) })),
  );
  const commitments: Commitment[] = staying.map((flow) => ({ ...flow, target: rates.get(flow.id)! }));
  const loads = new Map<string, number>();
  const phases = new Map<string, Phase>();
  for (const policy of policies) {
    const { id, capacityBitsPerSecond, unknownBitsPerSecond } = policy;
    const load = (expected.get(id) ?? 0) + (policy.isInForce ? unknownBitsPerSecond : 0);
    loads.set(id, load);
    const capacity = USABLE_SHARE * capacityBitsPerSecond;
    phases.set(id, nextPhase(policy.phase, { ...policy, nowMs, load, capacity }));
  }
  return { phases, loads, targets: rates, committed: commitShares(usable, commitments), ended };
}
