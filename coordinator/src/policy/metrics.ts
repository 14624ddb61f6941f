import { Counter, Gauge, type Registry } from 'prom-client';

/** What policies did, by policy. */
export interface PolicyMetrics {
  /** Uploaders were left out of a draw. */
  refused(policy: string, uploaders: number): void;
  lowered(policy: string): void;
  revoked(policy: string): void;
  /** A request for sources, or a plain client, was given what shares the capacity. */
  limited(policy: string): void;
  phase(policy: string, isActing: boolean): void;
  /** It was removed. */
  forget(policy: string): void;
  /** From now on it is about other traffic. */
  restart(policy: string): void;
  /** Since the start, or since it is about this traffic. */
  counts(policy: string): { readonly refusals: number; readonly lowered: number; readonly revoked: number };
}

export function createPolicyMetrics(registry: Registry): PolicyMetrics {
  const registers = [registry];
  const labelNames = ['policy'] as const;
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames, registers });
  const refused = counter(
    'fairhop_policy_refusals_total',
    'Uploaders that were left out of draws since their way is over a component that is full',
  );
  const lowered = counter('fairhop_policy_lowered_total', 'Grants whose rate was lowered');
  const revoked = counter(
    'fairhop_policy_revoked_total',
    'Grants that were ended since their share was of no use',
  );
  const limited = counter(
    'fairhop_policy_limited_total',
    'Answers to downloaders of whose sources no way goes around a component that is full',
  );
  const acting = new Gauge({
    name: 'fairhop_policy_acting',
    help: '1 while new transfers go around the component',
    labelNames,
    registers,
  });
  const counts = new Map<string, { refusals: number; lowered: number; revoked: number }>();
  const countOf = (policy: string) => {
    const known = counts.get(policy) ?? { refusals: 0, lowered: 0, revoked: 0 };
    counts.set(policy, known);
    return known;
  };
  return {
    refused(policy, uploaders) {
      refused.inc({ policy }, uploaders);
      countOf(policy).refusals += uploaders;
    },
    lowered(policy) {
      lowered.inc({ policy });
      countOf(policy).lowered += 1;
    },
    revoked(policy) {
      revoked.inc({ policy });
      countOf(policy).revoked += 1;
    },
    limited: (policy) => limited.inc({ policy }),
    phase: (policy, isActing) => acting.set({ policy }, isActing ? 1 : 0),
    restart: (policy) => {
      counts.delete(policy);
    },
    forget(policy) {
      counts.delete(policy);
      for (const metric of [refused, lowered, revoked, limited, acting]) metric.remove({ policy });
    },
    counts: (policy) => counts.get(policy) ?? { refusals: 0, lowered: 0, revoked: 0 },
  };
}
