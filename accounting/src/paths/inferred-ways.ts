import { type AsGraph, createAsPaths } from '@fairhop/shared/net';
import type { AsPathSource } from './knowledge.js';

/** Relationships tell which ways policy allows, not which one of them a network prefers. */
const CONFIDENCE = 50;

/** Valley-free paths over the operator's AS graph; the graph of now stands for all times. */
export function createInferredWays(graph: Pick<AsGraph, 'ases' | 'links'>): AsPathSource {
  const paths = createAsPaths(graph);
  return {
    name: 'inferred',
    asWay(source, destination) {
      const asPath = paths.path(source.asn, destination.asn);
      return asPath && { asPath, source: 'inferred', confidence: CONFIDENCE, nextHop: null };
    },
  };
}
