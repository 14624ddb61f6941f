import type { Policy } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import { type BookedLoad, createBookedLoad } from './booked-load.js';
import { createLiveRate, type LiveRate } from './live-rate.js';
import type { PolicyMetrics } from './metrics.js';
import { type Phase, resting } from './phase.js';

/** What a policy does, and what is measured of the traffic that it is about. */
interface Live {
  phase: Phase;
  expected: number;
  bytes: number;
  /** The traffic that is measured; undefined before any is. */
  subject: string | undefined;
  rate: LiveRate;
  booked: BookedLoad;
}

/** By policy; at most as many as are set. */
export interface Lives {
  /** Made if it is new. */
  of(id: string): Live;
  get(id: string): Readonly<Live> | undefined;
  ids(): string[];
  /** As `of`, where measuring begins anew after a rest, and everything does once the policy is about other traffic. */
  follow(policy: Policy, isInForce: boolean): Live;
  /** The policy as a flow has it is still about the same traffic. Edges' flows follow only when the edge tells of them again. */
  isCurrent(policy: Policy): boolean;
  forget(id: string): void;
}

export function createLives(
  clock: Pick<Clock, 'nowMs'>,
  metrics: Pick<PolicyMetrics, 'restart' | 'forget'>,
): Lives {
  const lives = new Map<string, Live>();
  const of = (id: string): Live => {
    const known = lives.get(id);
    if (known) return known;
    const live: Live = {
      ...{ phase: resting(clock.nowMs()), expected: 0, bytes: 0, subject: undefined },
      ...{ rate: createLiveRate(), booked: createBookedLoad() },
    };
    lives.set(id, live);
    return live;
  };
  return {
    of,
    get: (id) => lives.get(id),
    ids: () => [...lives.keys()],
    follow(policy, isInForce) {
      const live = of(policy.id);
      const subject = subjectOf(policy);
      const isOther = live.subject !== subject;
      if (isOther && live.subject !== undefined) {
        live.expected = 0;
        metrics.restart(policy.id);
      }
      // What was measured of other times or traffic must not be held against what is booked of these.
      if (isOther || !isInForce) {
        live.rate = createLiveRate();
        live.booked = createBookedLoad();
      }
      live.subject = subject;
      return live;
    },
    isCurrent: (policy) => lives.get(policy.id)?.subject === subjectOf(policy),
    forget(id) {
      lives.delete(id);
      metrics.forget(id);
    },
  };
}

const subjects = new WeakMap<Policy, string>();

function subjectOf(policy: Policy): string {
  const known = subjects.get(policy);
  if (known !== undefined) return known;
  const subject = `${policy.component} ${JSON.stringify(policy.scope)}`;
  subjects.set(policy, subject);
  return subject;
}
