import { type AsGraph, type AsPaths, createAsPaths } from '@fairhop/shared/net';
import { createListeners } from './listeners.js';

/** What the operator says of networks, as it is now. */
export interface NetworkMap {
  graph(): AsGraph;
  /** Another object when the graph is another. */
  paths(): AsPaths;
  replace(graph: AsGraph): void;
  /** Gives what ends it. */
  onChange(listener: () => void): () => void;
}

export function createNetworkMap(initial: AsGraph): NetworkMap {
  const changed = createListeners<void>();
  let graph = initial;
  let paths = createAsPaths(initial);
  return {
    graph: () => graph,
    paths: () => paths,
    replace(next) {
      graph = next;
      paths = createAsPaths(next);
      changed.tell();
    },
    onChange: changed.add,
  };
}
