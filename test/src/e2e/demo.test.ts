import { expect, it } from 'vitest';
import { z } from 'zod';
import { startFairhop } from './fixture/fairhop-process.js';
import { MIB } from './fixture/network.js';

const byteCount = z.int().min(0);
const agentCount = 9;
const sizeBytes = 8 * MIB;

const reportSchema = z.strictObject({
  downloads: z.array(
    z.strictObject({
      agent: z.string(),
      isp: z.enum(['sp1', 'sp2', 'sp3']),
      verified: z.boolean(),
      bytes: byteCount,
      seconds: z.number().positive(),
      bytesFromPeers: byteCount,
      bytesFromEdges: byteCount,
    }),
  ),
  totals: z.strictObject({
    bytes: byteCount,
    peerBytes: byteCount,
    edgeBytes: byteCount,
    offload: z.number().min(0).max(1),
    crossAsBytes: byteCount,
    onNetBytes: byteCount,
  }),
  uploadsWithoutPermit: z.int().min(0),
  queries: z.strictObject({
    sp1ToSp2Evening: byteCount,
    ownerSp1ToSp2: byteCount,
    ownerDeliveredToSp1: byteCount,
    filesReceivedByHost: z.int().min(0),
    sp1Sp2Difference: z.int(),
  }),
  matrix: z.array(z.strictObject({ from: z.string(), to: z.string(), bytes: byteCount })),
  alerts: z.array(z.strictObject({ budget: z.string(), step: z.int(), deliveredAt: z.iso.datetime() })),
  audit: z.strictObject({ ok: z.boolean(), events: z.int().positive(), bytes: byteCount }),
});

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

it('the demo prints one JSON document in which all sums agree', async () => {
  const demo = startFairhop(['demo', '--json', '--size', '8MiB']);
  let printed = '';
  demo.onOutput = (text) => {
    printed += text;
  };
  const exitCode = await demo.ended;
  const { downloads, totals, uploadsWithoutPermit, queries, matrix, alerts, audit } = reportSchema.parse(
    JSON.parse(printed),
  );

  expect(downloads).toHaveLength(agentCount);
  for (const download of downloads) {
    expect(download).toMatchObject({ verified: true, bytes: sizeBytes });
    expect(download.bytesFromPeers + download.bytesFromEdges).toBe(sizeBytes);
  }
  expect(uploadsWithoutPermit).toBe(0);

  const peerBytes = sum(downloads, ({ bytesFromPeers }) => bytesFromPeers);
  const edgeBytes = sum(downloads, ({ bytesFromEdges }) => bytesFromEdges);
  expect(totals).toMatchObject({ bytes: agentCount * sizeBytes, peerBytes, edgeBytes });
  expect(totals.offload).toBeCloseTo(peerBytes / totals.bytes, 3);

  // The ledger says the same as the agents. Each ISP of the demo is one AS.
  const bytesOf = (cells: typeof matrix): number => sum(cells, ({ bytes }) => bytes);
  expect(bytesOf(matrix)).toBe(totals.bytes);
  expect(bytesOf(matrix.filter(({ from }) => from === 'cdn'))).toBe(edgeBytes);
  expect(bytesOf(matrix.filter(({ from, to }) => from !== to))).toBe(totals.crossAsBytes);
  expect(bytesOf(matrix.filter(({ from, to }) => from === to))).toBe(totals.onNetBytes);
  for (const isp of ['sp1', 'sp2', 'sp3'])
    expect(bytesOf(matrix.filter(({ to }) => to === isp))).toBe(3 * sizeBytes);
  // SP3 permits no uploads.
  expect(bytesOf(matrix.filter(({ from }) => from === 'sp3'))).toBe(0);
  expect(audit).toMatchObject({ ok: true, bytes: totals.bytes });

  const cell = (from: string, to: string): number =>
    bytesOf(matrix.filter((one) => one.from === from && one.to === to));
  // What SP1 sends to SP3 goes through SP2.
  const sp1ToSp2 = cell('sp1', 'sp2') + cell('sp1', 'sp3');
  expect(queries).toEqual({
    sp1ToSp2Evening: sp1ToSp2,
    ownerSp1ToSp2: sp1ToSp2,
    ownerDeliveredToSp1: 3 * sizeBytes,
    filesReceivedByHost: 1,
    sp1Sp2Difference: sp1ToSp2 - cell('sp2', 'sp1'),
  });

  expect(alerts.map(({ step }) => step)).toEqual([80, 100]);
  expect(exitCode).toBe(0);
}, 120_000);
