import { componentKindOf, routerId } from '@fairhop/shared/model';
import { namedAddresses } from '../build/name-service.js';
import { type Internet, routerOf } from '../internet-model.js';
import { comparePath } from '../measure/compare-paths.js';
import type { LabReport } from '../measure/report.js';
import { trueElements } from '../truth/true-elements.js';
import type { ExplainedEpoch } from './epochs.js';
import { type Trace, tracedRouters } from './traced-routers.js';

const SHOWN_DIFFERENCES = 20;
/** What is counted kind by kind. Routers of networks that declared nothing are known by traceroutes alone. */
const COUNTED_KINDS = ['router', 'traced router', 'switch', 'internal', 'peering', 'ixp'] as const;

export interface PathKnowledge {
  readonly declaredAsns: ReadonlySet<number>;
  readonly traces: readonly Trace[];
}

/** Compares what accounting makes of all pairs at all moments with what the kernels forwarded then. */
export function comparePaths(
  internet: Internet,
  epochs: readonly ExplainedEpoch[],
  { declaredAsns, traces }: PathKnowledge,
): LabReport['paths'] {
  const nodeOf = routerNames(internet);
  const answeredBy = tracedRouters(internet, traces, epochs);
  const compared = epochs.flatMap(({ truth, explained, atMs }) =>
    truth.map((path, index) => {
      const told = { declaredAsns, answered: answeredBy(path, atMs) };
      const components = explained[index]?.path?.elements.map(({ component }) => component) ?? [];
      return { path, atMs, ...comparePath(trueElements(internet, path, told), components, nodeOf) };
    }),
  );
  const share = (holds: (one: (typeof compared)[number]) => boolean): number =>
    compared.filter(holds).length / Math.max(1, compared.length);
  const undeclared = undeclaredRouters(internet, declaredAsns);
  const kindOf = (id: string): string | undefined =>
    undeclared.has(id) ? 'traced router' : componentKindOf(id);
  const count = (parts: 'due' | 'named', kind: string): number =>
    compared.reduce((total, one) => total + one[parts].filter((id) => kindOf(id) === kind).length, 0);
  return {
    pairs: compared.length,
    asPathExact: share(({ isAsPathExact }) => isAsPathExact),
    routerHopsExact: share(({ wrongKinds }) => !wrongKinds.has('router')),
    allExact: share(({ differences }) => differences.length === 0),
    parts: COUNTED_KINDS.map((kind) => ({ kind, due: count('due', kind), named: count('named', kind) })),
    differences: compared
      .flatMap(({ path: { source, destination }, atMs, differences }) =>
        differences.map((text) => `${source} to ${destination} at ${new Date(atMs).toISOString()}: ${text}`),
      )
      .slice(0, SHOWN_DIFFERENCES),
  };
}

/** Ids of routers that accounting knows by traceroutes alone. */
export const undeclaredRouters = (internet: Internet, declaredAsns: ReadonlySet<number>): Set<string> =>
  new Set(
    internet.routers.filter(({ asn }) => !declaredAsns.has(asn)).map(({ dnsName }) => routerId(dnsName)),
  );

/** A router's name in DNS by that, by the names of its interfaces and by their addresses. */
export function routerNames(internet: Internet): (nameOrAddress: string) => string | undefined {
  const names = new Map(internet.routers.map(({ dnsName }) => [dnsName, dnsName]));
  for (const { address, dnsName, router } of namedAddresses(internet)) {
    if (router === null) continue;
    const node = routerOf(internet, router).dnsName;
    names.set(address, node).set(dnsName, node);
  }
  return (nameOrAddress) => names.get(nameOrAddress);
}
