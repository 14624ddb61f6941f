import type { Asn } from '@fairhop/shared/model';
import { type AsGraph, createAsPaths } from '@fairhop/shared/net';

/** Knows the ways between ASes. */
export interface PathSource {
  /** ASes from source to destination, both included; undefined when this source knows none. */
  path(source: Asn, destination: Asn, timeMs: number): readonly Asn[] | undefined;
}

/** Valley-free paths over the operator's AS graph; traffic within one AS needs no graph. */
export function createInferredPaths(graph: Pick<AsGraph, 'ases' | 'links'>): PathSource {
  const paths = createAsPaths(graph);
  return {
    path: (source, destination) => (source === destination ? [source] : paths.path(source, destination)),
  };
}
