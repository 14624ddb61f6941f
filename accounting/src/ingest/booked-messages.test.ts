import { randomUUID } from 'node:crypto';
import { BIN_MS, hostId } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { title } from '../fixture/coordinator.js';
import { edgeTransfer } from '../fixture/reporter.js';
import { type Reporting, startReporting } from '../fixture/reporting.js';

let reporting: Reporting;
beforeAll(async () => {
  reporting = await startReporting();
});
afterAll(() => reporting.stop());

describe('a peer transfer', () => {
  it('is booked with its path once its receipts and grant are proved, in JSON and in NDJSON with gzip', async () => {
    const { downloader, uploader, startMs, endMs, transferOf, eventsOf } = reporting;
    for (const options of [{}, { ndjson: true, gzip: true }]) {
      const transferId = randomUUID();
      const record = await transferOf({ transferId });
      expect(await downloader.post([record], options)).toEqual({ accepted: 1, duplicates: 0, rejected: [] });
      const [event, ...others] = await eventsOf(transferId);
      expect(others).toEqual([]);
      expect(event).toMatchObject({
        kind: 'client-to-client',
        source: hostId(uploader.key),
        sourceAddress: '127.1.0.10',
        sourceAs: 64501,
        destination: hostId(downloader.identity.key),
        destinationAs: 64502,
        title,
        bytes: 1_000_000,
        startMs,
        endMs,
        reporter: downloader.identity.key,
      });
      expect(event?.path?.components.slice(0, 3)).toEqual(['as:64501', 'link:as:64501>as:64502', 'as:64502']);
    }
  });

  it('is booked once, however often and under whatever number it is sent', async () => {
    const { downloader, transferOf, eventsOf } = reporting;
    const transferId = randomUUID();
    const record = await transferOf({ transferId });
    expect(await downloader.post([record], { firstSequence: 500 })).toMatchObject({ accepted: 1 });
    expect(await downloader.post([record], { firstSequence: 500 })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await downloader.post([record], { firstSequence: 501 })).toMatchObject({
      accepted: 0,
      duplicates: 1,
    });
    expect(await eventsOf(transferId)).toHaveLength(1);
  });

  it('is split over bins, and its parts may come in any order', async () => {
    const { startMs, transferOf, eventsOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const binMs = startMs - (startMs % BIN_MS);
    const cutMs = binMs - 1_000;
    const first = await transferOf({ transferId, toBytes: 400, startMs: cutMs - 1_000, endMs: cutMs });
    const second = await transferOf({
      transferId,
      fromBytes: 400,
      toBytes: 1_001,
      startMs: cutMs,
      endMs: binMs + 1_000,
      record: { part: 1 },
    });
    expect(await outcomeOf(second)).toBe('accepted');
    expect(await outcomeOf(first)).toBe('accepted');
    const booked = (await eventsOf(transferId)).map(({ binMs: bin, part, bytes }) => [bin, part, bytes]);
    expect(booked.sort((left, right) => left[1]! - right[1]! || left[0]! - right[0]!)).toEqual([
      [binMs - BIN_MS, 0, 400],
      [binMs - BIN_MS, 1, 300],
      [binMs, 1, 301],
    ]);
  });

  it('of a host that is seen as IPv4-mapped IPv6 is that host’s over IPv4', async () => {
    const { transferOf, eventsOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const record = await transferOf({ transferId, record: { uploaderAddress: '::ffff:127.1.0.10' } });
    expect(await outcomeOf(record)).toBe('accepted');
    expect(await eventsOf(transferId)).toMatchObject([{ sourceAddress: '127.1.0.10', sourceAs: 64501 }]);
  });

  it('outside every prefix is booked, as unattributed', async () => {
    const { transferOf, eventsOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const record = await transferOf({ transferId, record: { downloaderAddress: '198.51.100.7' } });
    expect(await outcomeOf(record)).toBe('accepted');
    expect(await eventsOf(transferId)).toMatchObject([
      { sourceAs: 64501, destinationAs: null, path: null, bytes: 1_000_000 },
    ]);
  });

  it('is attributed where the coordinator saw both ends in the AS of their address', async () => {
    const { transferOf, eventsOf, outcomeOf } = reporting;
    const transferId = randomUUID();
    const claims = { uploaderAsn: 64501, downloaderAsn: 64502 };
    expect(await outcomeOf(await transferOf({ transferId, claims }))).toBe('accepted');
    expect(await eventsOf(transferId)).toMatchObject([
      { sourceAs: 64501, destinationAs: 64502, path: expect.anything(), bytes: 1_000_000 },
    ]);
  });

  it.each([
    ['downloader in another AS', { downloaderAsn: 64503 }, { sourceAs: 64501, destinationAs: null }],
    ['downloader nowhere', { downloaderAsn: null }, { sourceAs: 64501, destinationAs: null }],
    ['uploader in another AS', { uploaderAsn: 64502 }, { sourceAs: null, destinationAs: 64502 }],
  ])(
    'with its %s by its session is booked whole, with that end unknown, and counted',
    async (_, seen, ends) => {
      const { transferOf, eventsOf, outcomeOf, counted } = reporting;
      const transferId = randomUUID();
      const claims = { uploaderAsn: 64501, downloaderAsn: 64502, ...seen };
      const end = ends.sourceAs === null ? 'source' : 'destination';
      const before = await counted(`address_mismatches_total{end="${end}"`);
      expect(await outcomeOf(await transferOf({ transferId, claims }))).toBe('accepted');
      expect(await eventsOf(transferId)).toMatchObject([{ ...ends, path: null, bytes: 1_000_000 }]);
      expect(await counted(`address_mismatches_total{end="${end}"`)).toBe(before + 1);
    },
  );
});

describe('an edge transfer', () => {
  it('goes on with part 0 after the edge lost its data directory, and nothing counts twice', async () => {
    const { edge, startMs, endMs, eventsOf } = reporting;
    const transferId = randomUUID();
    const before = edgeTransfer({ transferId, bytes: 10, startMs, endMs });
    const after = edgeTransfer({ transferId, bytes: 20, startMs: endMs, endMs: endMs + 1_000 });
    expect(await edge.post([before])).toMatchObject({ accepted: 1 });
    const options = { incarnation: randomUUID(), firstSequence: 0 };
    expect(await edge.post([after], options)).toMatchObject({ accepted: 1, rejected: [] });
    expect(await edge.post([after], options)).toMatchObject({ duplicates: 1, rejected: [] });
    expect(await edge.post([before], { incarnation: randomUUID() })).toMatchObject({ duplicates: 1 });
    expect((await eventsOf(transferId)).map(({ part, bytes }) => [part, bytes])).toEqual([
      [0, 10],
      [0, 20],
    ]);
  });
});
