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

/** Somebody whose uploaders may be left out, several of one network at a time. */
interface LeftOut {
  readonly source: WayEnd;
  readonly uploaders: number;
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
  told(leftOut: Iterable<LeftOut>, limitedBy: readonly PolicyNotice[]): DrawPolicy[];
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

  return (destination, title) => {
    const current = inForce(nowMs());
    const acting = current.policies.filter(engine.isActing);
    const inScope = new Set(acting.length === 0 ? [] : current.inScope(title));
    const full = acting.filter((policy) => inScope.has(policy));
    return {
      closed: intern(full.flatMap(atAsLevel)),
      looksBeneath: full.some((policy) => atAsLevel(policy).length === 0),
      actingFrom: (source) =>
        full.length === 0 ? full : current.on(source, destination, title).filter(engine.isActing),
      edgeLimits: (edge) =>
        current
          .on(edge, destination, title)
          .slice(0, MAX_POLICIES_OF_TRANSFER)
          .map((policy) => ({
            policy: policy.id,
            rateBitsPerSecond: engine.firstRate(edge.id, policy),
          })),
      told(leftOut, limitedBy) {
        const counts = new Map<Policy, number>();
        for (const { source, uploaders } of leftOut) {
          if (uploaders === 0) continue;
          for (const policy of current.on(source, destination, title).filter(engine.isActing))
            counts.set(policy, (counts.get(policy) ?? 0) + uploaders);
        }
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
