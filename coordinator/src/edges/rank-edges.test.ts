import { createAsPaths } from '@fairhop/shared/net';
import { describe, expect, it } from 'vitest';
import { testGraph } from '../test-kit.js';
import { type RankedEdge, rankEdges } from './rank-edges.js';

const paths = createAsPaths(testGraph);
const client = { asn: 64501, isp: 'sp1', country: null };
const edge = (id: string, asn: number | null): RankedEdge => ({
  info: { id, key: '', url: '', address: '', asn, isp: null, lastSeenMs: 0 },
  load: 0,
  loadAtMs: 0,
});
const rank = (edges: RankedEdge[], nowMs = 0, place: typeof client | null = client) =>
  rankEdges(edges, { client: place, paths, nowMs }).map(({ id }) => id);

describe('rankEdges', () => {
  it('prefers fewer AS hops from the edge to the client, unknown ones last', () => {
    const edges = [edge('unknown', null), edge('cdn', 64496), edge('sp2', 64502), edge('sp1', 64501)];
    expect(rank(edges)).toEqual(['sp1', 'sp2', 'cdn', 'unknown']);
  });

  it('spreads clients over equal edges, and forgets load with time', () => {
    const edges = [edge('a', 64496), edge('b', 64496)];
    expect(rank(edges)[0]).toBe('a');
    expect(rank(edges)[0]).toBe('b');
    edges[0]!.load = 8;
    expect([rank(edges)[0], rank(edges)[0]]).toEqual(['b', 'b']);
    edges[1]!.load = 1;
    edges[1]!.loadAtMs = 600_000;
    expect(rank(edges, 600_000)[0]).toBe('a');
  });

  it('goes by load for a client outside every prefix', () => {
    const edges = [edge('a', 64496), edge('b', null)];
    expect([rank(edges, 0, null)[0], rank(edges, 0, null)[0]]).toEqual(['a', 'b']);
  });
});
