import type { DrawPolicy } from '@fairhop/shared/contract';
import {
  asId,
  componentKindOf,
  type EdgeUrlClaims,
  MAX_POLICIES_OF_TRANSFER,
  type Policy,
  type PolicyNotice,
} from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import type { PolicyEngine } from './engine.js';
import type { InForce } from './in-force.js';
import type { PolicyMetrics } from './metrics.js';
import type { TitleFacts, WayEnd } from './way-end.js';

/** An edge as the start of a way. */
export interface EdgeEnd {
  readonly id: string;
  readonly address: string;
  readonly asn: number | null;
  readonly isp: string | null;
}

/** Uploaders of one network, who are left out together or not at all where a policy is at AS level. */
interface NetworkOfUploaders {
  readonly source: WayEnd;
  readonly uploaders: number;
}

/** What a draw did not take. */
interface LeftOut {
  /** Those that hold the title, also where nothing on their ways is full. */
  readonly networks: Iterable<NetworkOfUploaders>;
  /** Uploaders that their addresses tell were left out. */
  readonly single: Iterable<WayEnd>;
}

/** What policies leave of the ways to one downloader, for one title. */
export interface PolicyView {
  /** Links and ASes that new transfers shall go around; empty where nothing is full. The same object as long as it is the same. */
  readonly closed: ReadonlySet<string>;
  /** Whether only a way's addresses tell that it is full: some policy that acts is beneath AS level. */
  readonly looksBeneath: boolean;
  /** Policies that act on the way from there. */
  actingFrom(source: WayEnd): readonly Policy[];
  /** For the token of a URL: all policies on the way, with what may be sent at first. */
  edgeLimits(edge: EdgeEnd): NonNullable<EdgeUrlClaims['limits']>;
  /** For the log of draws, and counted: uploaders that were left out, and what limits the sources that were named. */
  told(leftOut: LeftOut, limitedBy: readonly PolicyNotice[]): DrawPolicy[];
}

export const noticeOf = ({ id, component }: Policy): PolicyNotice => ({ policy: id, component });

const NOTHING_CLOSED: ReadonlySet<string> = new Set();
/** Sets that were given out: one for each combination of full components in use. */
const MAX_INTERNED = 256;

export function createPolicyViews({
  inForce,
  engine,
  metrics,
  graph,
  nowMs,
}: {
  inForce(nowMs: number): InForce;
  engine: Pick<PolicyEngine, 'isActing' | 'firstRate'>;
  metrics: PolicyMetrics;
  graph(): AsGraph;
  nowMs(): number;
}): (destination: WayEnd, title: TitleFacts) => PolicyView {
  const interned = new Map<string, ReadonlySet<string>>();
  const intern = (components: readonly string[]): ReadonlySet<string> => {
    if (components.length === 0) return NOTHING_CLOSED;
    const key = [...components].sort().join(' ');
    const known = interned.get(key);
    if (known) return known;
    if (interned.size >= MAX_INTERNED) interned.clear();
    const set = new Set(components);
    interned.set(key, set);
    return set;
  };
  /** As AS paths know it. */
  const atAsLevel = ({ component }: Policy): readonly string[] => {
    switch (componentKindOf(component)) {
      case 'as':
      case 'link':
        return [component];
      case 'isp':
        return graph().asesOfIsp(component.slice('isp:'.length)).map(asId);
      default:
        return [];
    }
  };

  const isBeneath = (policy: Policy): boolean => atAsLevel(policy).length === 0;

  return (destination, title) => {
    const current = inForce(nowMs());
    const acting = current.policies.filter(engine.isActing);
    const inScope = new Set(acting.length === 0 ? [] : current.inScope(title));
    const full = acting.filter((policy) => inScope.has(policy));
    const actingFrom = (source: WayEnd): readonly Policy[] =>
      full.length === 0 ? full : current.on(source, destination, title).filter(engine.isActing);
    return {
      closed: intern(full.flatMap(atAsLevel)),
      looksBeneath: full.some(isBeneath),
      actingFrom,
      edgeLimits: (edge) =>
        current
          .on(edge, destination, title)
          .slice(0, MAX_POLICIES_OF_TRANSFER)
          .map((policy) => ({
            policy: policy.id,
            rateBitsPerSecond: engine.firstRate(edge.id, policy),
          })),
      told({ networks, single }, limitedBy) {
        const counts = new Map<Policy, number>();
        const count = (policy: Policy, uploaders: number): void => {
          if (uploaders > 0) counts.set(policy, (counts.get(policy) ?? 0) + uploaders);
        };
        // Of a network's address it is not known what lies beneath: there only those are counted that were looked at one by one.
        for (const { source, uploaders } of networks)
          for (const policy of actingFrom(source)) if (!isBeneath(policy)) count(policy, uploaders);
        for (const source of single)
          for (const policy of actingFrom(source)) if (isBeneath(policy)) count(policy, 1);
        for (const [{ id }, uploaders] of counts) metrics.refused(id, uploaders);
        for (const { policy } of limitedBy) metrics.limited(policy);
        const limiting = new Set(limitedBy.map(({ policy }) => policy));
        return full
          .filter((policy) => counts.has(policy) || limiting.has(policy.id))
          .map((policy) => ({
            ...noticeOf(policy),
            effect: limiting.has(policy.id) ? ('limited' as const) : ('avoided' as const),
            uploadersLeftOut: counts.get(policy) ?? 0,
          }));
      },
    };
  };
}
