import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateLinks, type WireSettings } from './estimate-links.js';
import { httpWire } from './http-wire.js';
import { channelWire, payloadWire } from './peer-wire.js';
import type { WireRow } from './wire-row.js';

const PIECE_BYTES = 262_144;
const settings: WireSettings = {
  requestBytes: () => PIECE_BYTES,
  writeBytes: () => undefined,
  messageBytes: () => 16_384,
  sentPerVerified: () => 1,
  pieceLengthBytes: () => PIECE_BYTES,
  // From 1 s on the way from `b` to `a` is another.
  links: (source, destination, atMs) =>
    new Map([
      ['a b', ['1>2', '2>3']],
      ['b a', [atMs < 1_000 ? '3>1' : '3>4']],
      ['b edge', ['3>9']],
    ]).get(`${source} ${destination}`) ?? [],
  changesMs: [1_000],
};
const row: WireRow = {
  transferId: 't1',
  kind: 'client-to-client',
  content: 'c',
  source: 'a',
  destination: 'b',
  bytes: 4 * PIECE_BYTES,
  startMs: 0,
  endMs: 1_000,
  links: ['1>2', '2>3'],
};
/** Comes to `b` over no link between ASes. */
const fromEdge: WireRow = { ...row, transferId: 't0', kind: 'edge-to-client', source: 'edge', links: [] };
const payload = payloadWire({
  bytes: row.bytes,
  seconds: 1,
  requestBytes: PIECE_BYTES,
  messageBytes: 16_384,
});

describe('estimate of links', () => {
  it('books the payload on the path and its acknowledgements on the way back', () => {
    const channel = channelWire({ openSeconds: 1, openings: 1, haves: 0 });
    const wireBytes = payload.data.bytes + channel.data.bytes;
    expect(Object.fromEntries(estimateLinks([row], settings))).toEqual({
      '1>2': { payloadBytes: row.bytes, wireBytes },
      '2>3': { payloadBytes: row.bytes, wireBytes },
      '3>1': { payloadBytes: 0, wireBytes: payload.answers.bytes + channel.answers.bytes },
    });
  });

  it('puts what was sent in vain on the wire, and not into the payload', () => {
    const of = (factor: number) =>
      estimateLinks([row], { ...settings, sentPerVerified: () => factor }).get('1>2')!;
    const sent = { bytes: 1.5 * row.bytes, seconds: 1, requestBytes: PIECE_BYTES, messageBytes: 16_384 };
    expect(of(1.5).payloadBytes).toBe(row.bytes);
    expect(of(1.5).wireBytes - of(1).wireBytes).toBeCloseTo(
      payloadWire(sent).data.bytes - payload.data.bytes,
      3,
    );
  });

  it('counts what a connection costs each time that it is opened, and not with each row', () => {
    const rows = [row, { ...row, startMs: 1_000, endMs: 2_000 }];
    const opened = (openings: number) => channelWire({ openSeconds: 2, openings, haves: 0 }).data.bytes;
    const of = (list: readonly WireRow[]) => estimateLinks(list, settings).get('1>2')!.wireBytes;
    expect(of(rows)).toBeCloseTo(2 * payload.data.bytes + opened(1), 3);
    expect(of([row, { ...rows[1]!, transferId: 't2' }])).toBeCloseTo(2 * payload.data.bytes + opened(2), 3);
  });

  it('counts pieces that both tell each other of until they have all, each on the way of its time', () => {
    // `a` gets 8 pieces from 0.5 s to 1.5 s; `b` gets 4 of its own in the first second and 2 more in the next half.
    const rows = [
      row,
      { ...fromEdge, destination: 'a', bytes: 8 * PIECE_BYTES, startMs: 500, endMs: 1_500 },
      { ...fromEdge, bytes: 2 * PIECE_BYTES, startMs: 1_000, endMs: 1_500 },
    ];
    const wire = (openSeconds: number, openings: number, haves: number) =>
      channelWire({ openSeconds, openings, haves });
    const estimates = estimateLinks(rows, settings);
    // Both are in the swarm from 0.5 s on, and until 1.5 s each wants what the other has; nothing came from `b` to `a`.
    const there = wire(1, 1, 8);
    const back = wire(1, 1, 4);
    expect(estimates.get('1>2')!.wireBytes).toBeCloseTo(
      payload.data.bytes + there.data.bytes + back.answers.bytes,
      3,
    );
    expect(estimates.get('3>4')!.wireBytes).toBeCloseTo(
      wire(0.5, 0, 4).answers.bytes + wire(0.5, 0, 2).data.bytes,
      3,
    );
  });

  it('knows that one who had all before asked for nothing', () => {
    const before = { ...fromEdge, destination: 'a', startMs: -2_000, endMs: -1_000 };
    const channel = channelWire({ openSeconds: 1, openings: 1, haves: 0 });
    expect(estimateLinks([before, row], settings).get('1>2')!.wireBytes).toBeCloseTo(
      payload.data.bytes + channel.data.bytes,
      3,
    );
  });

  it('takes an edge’s bytes as HTTP', () => {
    const wire = httpWire({ bytes: row.bytes, requestBytes: PIECE_BYTES });
    const estimates = estimateLinks([{ ...fromEdge, links: ['9>3'] }], settings);
    expect(estimates.get('9>3')).toEqual({ payloadBytes: row.bytes, wireBytes: wire.data.bytes });
    expect(estimates.get('3>9')).toEqual({ payloadBytes: 0, wireBytes: wire.answers.bytes });
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
        const rows = parts.map((part, index) => ({ ...row, ...part, transferId: `t${index}` }));
        const estimates = estimateLinks(rows, { ...settings, links: () => [] });
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
