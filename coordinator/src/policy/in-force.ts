import type { Policy } from '@fairhop/shared/model';
import type { AsGraph, AsPaths } from '@fairhop/shared/net';
import { hoursState } from '../permission/hours.js';
import { type Crossings, createCrossings, isInScope } from './crossings.js';
import type { PolicyStore } from './policy-store.js';
import type { ToldWays } from './told-ways.js';
import type { TitleFacts, WayEnd } from './way-end.js';

/** The policies that count at this moment. */
export interface InForce {
  /** Another object when hours began or ended, or policies, routes or told ways changed. */
  readonly policies: readonly Policy[];
  /** Those that a title's traffic is what they are about. */
  inScope(title: TitleFacts): readonly Policy[];
  /** Those on the way of a title's bytes. */
  on(source: WayEnd, destination: WayEnd, title: TitleFacts): readonly Policy[];
}

export interface InForceDependencies {
  readonly store: PolicyStore;
  readonly ways: ToldWays;
  paths(): AsPaths;
  graph(): AsGraph;
}

/** Gives what is in force at a time; the same object as long as nothing changed. */
export function createInForce({
  store,
  ways,
  paths,
  graph,
}: InForceDependencies): (nowMs: number) => InForce {
  let all: readonly Policy[] | undefined;
  let current: InForce | undefined;
  let madeOf: { readonly paths: AsPaths; readonly graph: AsGraph } | undefined;
  let holdsFromMs = 0;
  let holdsUntilMs = 0;

  const make = (nowMs: number): InForce => {
    const policies: Policy[] = [];
    holdsFromMs = nowMs;
    holdsUntilMs = Number.POSITIVE_INFINITY;
    for (const policy of store.list()) {
      const state = policy.hours && hoursState(policy.hours, nowMs);
      if (state?.changesMs !== undefined) holdsUntilMs = Math.min(holdsUntilMs, state.changesMs);
      if (state?.open ?? true) policies.push(policy);
    }
    const crossings: Crossings = createCrossings(policies, { paths: paths(), graph: graph(), ways });
    return {
      policies,
      inScope: (title) => policies.filter((policy) => isInScope(policy, title)),
      on: (source, destination, title) =>
        policies.length === 0
          ? policies
          : crossings.on(source, destination).filter((policy) => isInScope(policy, title)),
    };
  };

  return (nowMs) => {
    const isSame =
      all === store.list() &&
      madeOf?.paths === paths() &&
      madeOf.graph === graph() &&
      // Clocks can be set back.
      nowMs >= holdsFromMs &&
      nowMs < holdsUntilMs;
    if (current === undefined || !isSame) {
      all = store.list();
      madeOf = { paths: paths(), graph: graph() };
      current = make(nowMs);
    }
    return current;
  };
}
