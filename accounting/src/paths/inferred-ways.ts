import { type AsGraph, type AsLink, createAsPaths, createFurtherAsPaths } from '@fairhop/shared/net';
import type { AsPathSource } from './knowledge.js';

/** Relationships tell which ways policy allows, not which one of them a network prefers. */
const CONFIDENCE = 50;
/** Those of others were themselves inferred from routes. */
const CONFIDENCE_BY_OTHERS = 30;

/**
 * Valley-free paths over the operator's AS graph; where it knows none, over relationships that others tell too. Those of now
 * stand for all times.
 */
export function createInferredWays(
  graph: Pick<AsGraph, 'ases' | 'links'>,
  relationships: readonly AsLink[] = [],
): AsPathSource {
  const paths = createAsPaths(graph);
  const further = createFurtherAsPaths(graph, relationships);
  return {
    name: 'inferred',
    asWay(source, destination) {
      const own = paths.path(source.asn, destination.asn);
      const asPath = own ?? further.path(source.asn, destination.asn);
      const confidence = own === undefined ? CONFIDENCE_BY_OTHERS : CONFIDENCE;
      return asPath && { asPath, source: 'inferred', confidence, nextHop: null };
    },
  };
}
