import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { netStatementSchema } from '@fairhop/shared/contract';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createTestDirectory } from './fixture/directory.js';
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
  policies: z.array(
    z.strictObject({
      id: z.string(),
      component: z.string(),
      capacityBitsPerSecond: z.int().positive(),
      maxLoadBitsPerSecond: z.int().min(0),
      refusals: z.int().min(0),
      finished: z.boolean(),
    }),
  ),
  invoices: z.array(
    z.strictObject({
      number: z.string(),
      issuer: z.string(),
      payer: z.string(),
      total: z.int().positive(),
      currency: z.string(),
      lines: z
        .array(
          z.strictObject({
            description: z.string(),
            quantity: z.string(),
            unit: z.string(),
            calculation: z.string(),
            amount: z.int(),
          }),
        )
        .min(1),
      traceable: z.boolean(),
    }),
  ),
  netSettlement: netStatementSchema,
});

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

it('the demo prints one JSON document in which all sums agree', async () => {
  const kept = join(createTestDirectory(), 'kept');
  const demo = startFairhop(['demo', '--json', '--size', '8MiB', '--keep', kept]);
  let printed = '';
  demo.onOutput = (text) => {
    printed += text;
  };
  const exitCode = await demo.ended;
  const report = reportSchema.parse(JSON.parse(printed));
  const { downloads, totals, uploadsWithoutPermit, queries, matrix, alerts, audit } = report;

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

  const [policy] = report.policies;
  expect(policy).toMatchObject({ component: 'link:as:64501>as:64502', finished: true });
  expect(policy!.refusals).toBeGreaterThan(0);
  expect(policy!.maxLoadBitsPerSecond).toBeLessThanOrEqual(policy!.capacityBitsPerSecond * 1.1);

  expect(report.invoices.map(({ issuer }) => issuer).sort()).toEqual(['backbone', 'sp1', 'sp2']);
  for (const { number, payer, total, currency, lines, traceable } of report.invoices) {
    expect({ payer, currency, traceable }).toEqual({
      payer: 'moviestudio',
      currency: 'EUR',
      traceable: true,
    });
    expect(sum(lines, ({ amount }) => amount)).toBe(total);
    const pdf = await readFile(join(kept, 'invoices', `${number}.pdf`), 'latin1');
    expect(pdf.slice(0, 5)).toBe('%PDF-');
    expect(await readFile(join(kept, 'invoices', `${number}.xml`), 'utf8')).toContain(
      `<cbc:ID>${number}</cbc:ID>`,
    );
  }
  // Both titles were delivered to three subscribers of SP1, at 20 EUR per GB.
  const delivered = report.invoices
    .find(({ issuer }) => issuer === 'sp1')!
    .lines.find(({ description }) => description.startsWith('Delivered'))!;
  expect(delivered).toMatchObject({ quantity: '0.050331648', unit: 'GB', amount: 101 });

  const { directions, net, ratioThousandths, isFinal } = report.netSettlement;
  const [there, back] = directions;
  // Of the first title; the second one added to it.
  expect(there.bytes).toBeGreaterThanOrEqual(sp1ToSp2);
  const [smaller, larger] = [there.bytes, back.bytes].sort((one, other) => one - other) as [number, number];
  expect(ratioThousandths).toBe(smaller === 0 ? null : Math.floor((larger * 1000) / smaller));
  const owed = there.amount! - back.amount!;
  const owing = owed > 0 ? { payer: 'sp1', payee: 'sp2' } : { payer: 'sp2', payee: 'sp1' };
  expect(net).toEqual(owed === 0 ? null : { ...owing, amount: Math.abs(owed) });
  expect(isFinal).toBe(true);
  expect(exitCode).toBe(0);
}, 180_000);
