import { type AsGraph, type AsPaths, createAsPaths } from '@fairhop/shared/net';
import { createListeners } from './listeners.js';

/** AS paths, each from BGP where a RIB knows it, else inferred from the operator's links. */
interface NetworkPaths extends AsPaths {
  /** What `path` rests on. */
  basis(source: number, destination: number): 'bgp' | 'inferred';
}

/** What the operator says of networks and what routers' RIBs say, as they are now. */
export interface NetworkMap {
  graph(): AsGraph;
  /** Another object when the graph or the routes are others. */
  paths(): NetworkPaths;
  replace(graph: AsGraph): void;
  /** Paths by BGP alone, undefined where no RIB knows one: they go before inferred ones. Tells no listener: no place changes. */
  replaceRoutes(routes: AsPaths | undefined): void;
  /** Calls back when the graph is another. Gives what ends it. */
  onChange(listener: () => void): () => void;
}

export function createNetworkMap(initial: AsGraph): NetworkMap {
  const changed = createListeners<void>();
  let graph = initial;
  let inferred = createAsPaths(initial);
  let routes: AsPaths | undefined;
  let paths = firstOf(routes, inferred);
  return {
    graph: () => graph,
    paths: () => paths,
    replace(next) {
      graph = next;
      inferred = createAsPaths(next);
      paths = firstOf(routes, inferred);
      changed.tell();
    },
    replaceRoutes(next) {
      routes = next;
      paths = firstOf(routes, inferred);
    },
    onChange: changed.add,
  };
}

const firstOf = (routes: AsPaths | undefined, inferred: AsPaths): NetworkPaths => ({
  path: (source, destination) => routes?.path(source, destination) ?? inferred.path(source, destination),
  basis: (source, destination) => (routes?.path(source, destination) ? 'bgp' : 'inferred'),
});
