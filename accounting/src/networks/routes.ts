import { accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { componentKindOf, type ExplainedPath } from '@fairhop/shared/model';
import type { AsGraph } from '@fairhop/shared/net';
import { type Authenticator, type Clock, type HttpApp, route } from '@fairhop/shared/service';
import type { z } from 'zod';
import type { Reading } from '../reading/index.js';
import { componentName } from './component-name.js';
import { describeComponent } from './describe-component.js';
import type { Networks } from './networks.js';
import { addObjectRoutes } from './object-routes.js';
import { readCarried, readComponentList, readComponentRecords } from './read-components.js';
import type { StandingConflict } from './stored-conflicts.js';
import { addTopologyRoutes } from './topology-routes.js';

export type BookedTrace = z.output<typeof endpoints.listEvidence.response>['evidence'][number];
export type MetConflict = z.output<typeof endpoints.listConflicts.response>['conflicts'][number];

export interface NetworkRoutesDependencies {
  readonly networks: Networks;
  readonly clock: Clock;
  /** Knows the operator, and ISPs by their keys. */
  readonly auth: Authenticator;
  readonly graph: () => AsGraph;
  /** Reads the ledger beside the service's thread. */
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  readonly explain: (source: string, destination: string, timeMs: number) => Promise<ExplainedPath>;
  /** Traceroutes in booking order after an id. */
  readonly tracesAfter: (afterId: number, limit: number, transferId?: string) => BookedTrace[];
  /** Differences between sources that were met on ways in use, the newest first. */
  readonly conflicts: (limit: number) => MetConflict[];
}

/** Paths, topologies, components and accounting objects: the operator's; an ISP's own topology is that ISP's too. */
export function addNetworkRoutes(app: HttpApp, dependencies: NetworkRoutesDependencies): void {
  const { networks, clock, auth, read, graph, explain, tracesAfter, conflicts } = dependencies;
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  addTopologyRoutes(app, dependencies);
  addObjectRoutes(app, dependencies);

  route(app, endpoints.explainPath, operator, ({ query: { source, destination, atMs } }) =>
    explain(source, destination, atMs ?? clock.nowMs()),
  );
  route(app, endpoints.listConflicts, operator, ({ query: { limit, source, skip } }) => {
    const isWanted = ({ other }: MetConflict): boolean => source === undefined || other === source;
    const { total, conflicts: declared } =
      source === undefined || source === 'declared'
        ? networks.topologies.conflicts(clock.nowMs(), skip, limit)
        : { total: 0, conflicts: [] };
    const skipMet = Math.max(0, skip - total);
    const met = conflicts(source === undefined ? skipMet + limit : MAX_MET_CONFLICTS).filter(isWanted);
    return {
      conflicts: [...declared.map(declaredConflict), ...met.slice(skipMet)].slice(0, limit),
    };
  });
  route(app, endpoints.listEvidence, operator, ({ query: { afterId, limit, transferId } }) => ({
    evidence: tracesAfter(afterId, limit, transferId),
  }));
  route(app, endpoints.getComponent, operator, async ({ params }) => {
    const id = componentName(params.component);
    const carried = await read(() => readCarried(id));
    const { components, owners, objects } = networks;
    const facts = { graph: graph(), components, owners, objects, nowMs: clock.nowMs() };
    return describeComponent(id, carried, facts);
  });
  route(app, endpoints.listComponents, operator, async ({ query }) => {
    const { components, notes } = await read(() => readComponentList(query));
    return {
      components: components.map((component) => ({ ...component, kind: componentKindOf(component.id)! })),
      ...(notes.length > 0 && { notes: [...notes] }),
    };
  });
  route(app, endpoints.listComponentRecords, operator, async ({ params, query }) => ({
    records: await read(() => readComponentRecords(componentName(params.component), query)),
  }));
  route(app, endpoints.putComponentOwner, operator, ({ params, body: { owner, fromMs } }) => ({
    owners: networks.owners.declare(componentName(params.component), owner, fromMs),
  }));
}

/** As many as are kept. */
const MAX_MET_CONFLICTS = 10_000;

/** A difference that stands in a declaration, whether or not a way met it. */
const declaredConflict = ({
  isp,
  declaredMs,
  message,
  used,
  usedAsPath,
  declaredAsPath,
}: StandingConflict): MetConflict => ({
  used,
  usedAsPath: [...usedAsPath],
  other: 'declared',
  otherAsPath: [...declaredAsPath],
  message: `declaration of ISP ${isp}: ${message}`,
  firstMs: declaredMs,
  lastMs: declaredMs,
  count: 1,
});
