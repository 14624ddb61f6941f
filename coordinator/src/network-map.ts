import {
  type AsGraph,
  type AsLink,
  type AsPaths,
  createAsPaths,
  createBgpAsPaths,
  createFurtherAsPaths,
  type RibTablesView,
} from '@fairhop/shared/net';
import { createListeners } from './listeners.js';

/** AS paths, each from BGP where a RIB knows it, else inferred from links. */
interface NetworkPaths extends AsPaths {
  /** What `path` rests on. */
  basis(source: number, destination: number): 'bgp' | 'inferred';
}

/** What RIBs say now. */
type CurrentRoutes = Pick<RibTablesView, 'originsOf' | 'pathTo'>;

/** What the operator says of networks and what routers' RIBs say, as they are now. */
export interface NetworkMap {
  graph(): AsGraph;
  /** What RIBs say; undefined without one. */
  routes(): CurrentRoutes | undefined;
  /** Another object when the graph or the routes are others. */
  paths(): NetworkPaths;
  replace(graph: AsGraph): void;
  /** Ways of RIBs go before inferred ones, and their prefixes tell where addresses are. */
  replaceRoutes(routes: CurrentRoutes | undefined): void;
  /** Calls back when the graph or the routes are others: addresses may be in other networks. Gives what ends it. */
  onChange(listener: () => void): () => void;
}

const NO_PATHS: AsPaths = { path: () => undefined };

/** @param relationships of ASes of which the graph's links tell no way. */
export function createNetworkMap(initial: AsGraph, relationships: readonly AsLink[] = []): NetworkMap {
  const changed = createListeners<void>();
  let graph = initial;
  let inferred = inferredPaths(initial, relationships);
  let routes: CurrentRoutes | undefined;
  let routed = NO_PATHS;
  let paths = firstOf(routed, inferred);
  return {
    graph: () => graph,
    routes: () => routes,
    paths: () => paths,
    replace(next) {
      graph = next;
      inferred = inferredPaths(next, relationships);
      paths = firstOf(routed, inferred);
      changed.tell();
    },
    replaceRoutes(next) {
      routes = next;
      routed = next === undefined ? NO_PATHS : createBgpAsPaths(next, NO_PATHS);
      paths = firstOf(routed, inferred);
      changed.tell();
    },
    onChange: changed.add,
  };
}

const firstOf = (routed: AsPaths, inferred: AsPaths): NetworkPaths => ({
  path: (source, destination) => routed.path(source, destination) ?? inferred.path(source, destination),
  basis: (source, destination) => (routed.path(source, destination) ? 'bgp' : 'inferred'),
});

function inferredPaths(graph: AsGraph, relationships: readonly AsLink[]): AsPaths {
  const own = createAsPaths(graph);
  const further = createFurtherAsPaths(graph, relationships);
  return {
    path: (source, destination) => own.path(source, destination) ?? further.path(source, destination),
  };
}
