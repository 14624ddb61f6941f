import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateLinks, type WireRow, type WireSettings } from './estimate-links.js';
import { httpWire } from './http-wire.js';
import { peerWire } from './peer-wire.js';

const settings: WireSettings = {
  requestBytes: () => 262_144,
  messageBytes: () => 16_384,
  pieceLengthBytes: () => 262_144,
};
const row: WireRow = {
  transferId: 't1',
  kind: 'client-to-client',
  content: 'c',
  source: 'a',
  destination: 'b',
  bytes: 1_048_576,
  startMs: 0,
  endMs: 1_000,
  links: ['1>2', '2>3'],
  linksBack: ['3>1'],
};
const shape = { bytes: row.bytes, seconds: 1, openSeconds: 1, requestBytes: 262_144, messageBytes: 16_384 };

describe('estimate of links', () => {
  it('books the payload on the path and its acknowledgements on the way back', () => {
    const wire = peerWire({ ...shape, haves: 0, isFirst: true });
    expect(Object.fromEntries(estimateLinks([row], settings))).toEqual({
      '1>2': { payloadBytes: row.bytes, wireBytes: wire.data.bytes },
      '2>3': { payloadBytes: row.bytes, wireBytes: wire.data.bytes },
      '3>1': { payloadBytes: 0, wireBytes: wire.answers.bytes },
    });
  });

  it('counts what a connection costs once, whatever the order of its rows', () => {
    const later = { ...row, startMs: 1_000, endMs: 2_000 };
    const wire = peerWire({
      ...shape,
      bytes: 2 * row.bytes,
      seconds: 2,
      openSeconds: 2,
      haves: 0,
      isFirst: true,
    });
    const estimate = estimateLinks([later, row], settings).get('1>2')!;
    expect(estimate.wireBytes).toBeCloseTo(wire.data.bytes, 3);
  });

  it('counts the pieces that an uploader tells of until its downloader has all', () => {
    // While the channel is open the uploader gets 8 pieces, of which half before its last part began.
    const got = {
      ...row,
      transferId: 't0',
      source: 'edge',
      destination: 'a',
      kind: 'edge-to-client' as const,
    };
    const arriving = { ...got, bytes: 8 * 262_144, startMs: 500, endMs: 1_500, links: [], linksBack: [] };
    const done = { ...row, transferId: 't2', startMs: 1_000, endMs: 1_500, links: [], linksBack: [] };
    const wire = peerWire({ ...shape, openSeconds: 1.5, haves: 8, isFirst: true });
    // Nothing comes back, on a channel that tells of the 8 pieces that `b` gets.
    const back = peerWire({ ...shape, bytes: 0, openSeconds: 1.5, haves: 8, isFirst: true });
    const { wireBytes } = estimateLinks([arriving, row, done], settings).get('1>2')!;
    expect(wireBytes).toBeCloseTo(wire.data.bytes + back.answers.bytes, 3);
  });

  it('counts a channel without bytes where the other direction has some, as long as it was wanted', () => {
    // `a` gives `b` something while it gets the content from the edge itself; two pieces come to `b`, of which it tells `a`.
    const both = { ...row, bytes: 2 * 262_144 };
    const fromEdge = { ...row, transferId: 't0', kind: 'edge-to-client' as const, source: 'edge' };
    const toGiver = { ...fromEdge, destination: 'a', links: [], linksBack: [], endMs: 1_000 };
    const idle = peerWire({ ...shape, bytes: 0, seconds: 1, haves: 2, isFirst: true });
    const busy = peerWire({ ...shape, bytes: both.bytes, haves: 4, isFirst: true });
    const estimates = estimateLinks([both, toGiver], settings);
    expect(estimates.get('3>1')!.wireBytes).toBeCloseTo(busy.answers.bytes + idle.data.bytes, 3);
    expect(estimates.get('1>2')!.payloadBytes).toBe(both.bytes);
    // One that had all before asked for nothing.
    const before = { ...toGiver, startMs: -2_000, endMs: -1_000 };
    const alone = peerWire({ ...shape, bytes: both.bytes, haves: 0, isFirst: true });
    expect(estimateLinks([both, before], settings).get('3>1')!.wireBytes).toBeCloseTo(alone.answers.bytes, 3);
  });

  it('takes an edge’s bytes as HTTP', () => {
    const fromEdge = { ...row, kind: 'edge-to-client' as const };
    const wire = httpWire({ bytes: row.bytes, requestBytes: 262_144 });
    expect(estimateLinks([fromEdge], settings).get('3>1')!.wireBytes).toBeCloseTo(wire.answers.bytes, 6);
  });

  it('accounts for each row on each link of its path and no other', () => {
    const link = fc.constantFrom('1>2', '2>3', '3>1', '1>3');
    const anyRow = fc.record({
      bytes: fc.integer({ min: 1, max: 1e8 }),
      kind: fc.constantFrom('client-to-client' as const, 'edge-to-client' as const),
      links: fc.uniqueArray(link, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 20 }), (parts) => {
        const rows = parts.map((part, index) => ({
          ...row,
          ...part,
          transferId: `t${index}`,
          linksBack: [],
        }));
        const estimates = estimateLinks(rows, settings);
        const expected = new Map<string, number>();
        for (const { links, bytes } of rows)
          for (const one of links) expected.set(one, (expected.get(one) ?? 0) + bytes);
        expect(new Map([...estimates].map(([key, { payloadBytes }]) => [key, payloadBytes]))).toEqual(
          expected,
        );
        for (const { payloadBytes, wireBytes } of estimates.values())
          expect(wireBytes).toBeGreaterThan(payloadBytes);
      }),
    );
  });
});
