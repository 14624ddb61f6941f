import type { NetStatement } from '@fairhop/shared/contract';
import { describe, expect, it } from 'vitest';
import {
  type AgentDownload,
  type DemoReport,
  demoFailures,
  demoReport,
  type LedgerEvidence,
} from './report.js';
import type { DemoInvoice, DemoPolicy } from './report-settlement.js';

const SIZE_BYTES = 64 * 1024 * 1024;
const download = (agent: string): AgentDownload => ({
  agent,
  isp: 'sp1',
  verified: true,
  bytes: SIZE_BYTES,
  seconds: 20,
  bytesFromPeers: SIZE_BYTES * 0.75,
  bytesFromEdges: SIZE_BYTES * 0.25,
  crossAsBytes: SIZE_BYTES * 0.5,
  onNetBytes: SIZE_BYTES * 0.5,
  uploadsWithoutPermit: 0,
});
const queries = {
  sp1ToSp2Evening: 1,
  ownerSp1ToSp2: 1,
  ownerDeliveredToSp1: 1,
  filesReceivedByHost: 1,
  sp1Sp2Difference: 1,
};
const alerts = [80, 100].map((step) => ({ budget: 'b', step, deliveredAt: '2026-01-01T00:00:00.000Z' }));
const policy: DemoPolicy = {
  ...{ id: 'p', component: 'link:as:1>as:2', capacityBitsPerSecond: 1_000_000 },
  ...{ maxLoadBitsPerSecond: 1_100_000, refusals: 1, finished: true },
};
const line = { description: 'd', quantity: '1', unit: 'GB', calculation: 'c' };
const invoice = (number: string): DemoInvoice => ({
  ...{ number, issuer: 'sp1', payer: 'moviestudio', total: 300, currency: 'EUR' },
  lines: [
    { ...line, amount: 100 },
    { ...line, amount: 200 },
  ],
  traceable: true,
});
const invoices = ['A-1', 'B-1', 'C-1'].map(invoice);
const netSettlement: NetStatement = {
  ...{ one: 'sp1', other: 'sp2', period: '2026-11', fromMs: 0, toMs: 1, timeZone: 'UTC' },
  contractTimeZones: ['UTC'],
  directions: [
    { from: 'sp1', to: 'sp2', bytes: 3, amount: 900, contracts: ['there'] },
    { from: 'sp2', to: 'sp1', bytes: 2, amount: 600, contracts: ['back'] },
  ],
  ...{ ratioThousandths: 1_500, currency: 'EUR', isFinal: true, isSuperseded: false },
  net: { payer: 'sp1', payee: 'sp2', amount: 300 },
};
const report = demoReport(
  [download('sp1-a'), download('sp1-b')],
  { queries, matrix: [], alerts, audit: { ok: true, events: 4, bytes: 2 * SIZE_BYTES } },
  { policies: [policy], invoices, netSettlement },
);
const documents = invoices.flatMap(({ number }) => [
  { file: `${number}.pdf`, begins: '%PDF-1.7' },
  { file: `${number}.xml`, begins: '<?xml ve' },
]);
const ledger: LedgerEvidence = {
  ...{ crossAsBytes: SIZE_BYTES, sp1ToSp2Daytime: 0, closedAuditOk: true },
  ...{ billableBytes: 3 * SIZE_BYTES, downloadedBytes: 3 * SIZE_BYTES, documents },
  exchangeInvoices: [
    { contract: 'there', totalAmount: 900 },
    { contract: 'back', totalAmount: 600 },
  ],
};

describe('report of the demo', () => {
  it('adds up what the agents counted', () => {
    expect(report.totals).toEqual({
      bytes: 2 * SIZE_BYTES,
      peerBytes: 1.5 * SIZE_BYTES,
      edgeBytes: 0.5 * SIZE_BYTES,
      offload: 0.75,
      crossAsBytes: SIZE_BYTES,
      onNetBytes: SIZE_BYTES,
    });
  });

  it('has no failure when everything holds', () => {
    expect(demoFailures(report, ledger)).toEqual([]);
  });

  const broken: [string, Partial<DemoReport>, Partial<LedgerEvidence>][] = [
    ['sp1-a', { downloads: [{ ...report.downloads[0]!, verified: false }] }, {}],
    ['without a permit', { uploadsWithoutPermit: 1 }, {}],
    ['only 0.3', { totals: { ...report.totals, offload: 0.3 } }, {}],
    ['across ASes', {}, { crossAsBytes: SIZE_BYTES - 1 }],
    ['the ledger', { audit: { ...report.audit, bytes: 1 } }, {}],
    ['conservation', { audit: { ...report.audit, ok: false } }, {}],
    ['other hours', {}, { sp1ToSp2Daytime: 1 }],
    ['0 files', { queries: { ...queries, filesReceivedByHost: 0 } }, {}],
    ['at 100 %', { alerts: alerts.slice(0, 1) }, {}],
    ['over a capacity', { policies: [{ ...policy, maxLoadBitsPerSecond: 1_100_001 }] }, {}],
    ['refused nothing', { policies: [{ ...policy, refusals: 0 }] }, {}],
    ['not everybody', { policies: [{ ...policy, finished: false }] }, {}],
    ['can be invoiced', {}, { billableBytes: SIZE_BYTES }],
    ['2 invoices', { invoices: invoices.slice(1) }, {}],
    ['lines of B-1', { invoices: invoices.with(1, { ...invoices[1]!, total: 301 }) }, {}],
    ['come to C-1', { invoices: invoices.with(2, { ...invoices[2]!, traceable: false }) }, {}],
    ['5 documents', {}, { documents: documents.slice(1) }],
    ['A-1.pdf', {}, { documents: documents.with(0, { file: 'A-1.pdf', begins: '<?xml ve' }) }],
    ['not final', { netSettlement: { ...netSettlement, isFinal: false } }, {}],
    ['not the difference', { netSettlement: { ...netSettlement, net: null } }, {}],
    [
      'not the difference',
      { netSettlement: { ...netSettlement, net: { payer: 'sp2', payee: 'sp1', amount: 300 } } },
      {},
    ],
    ['what they invoiced', {}, { exchangeInvoices: ledger.exchangeInvoices.slice(1) }],
    ['closed month', {}, { closedAuditOk: false }],
  ];
  it.each(broken)('names what fails: %s', (words, change, evidence) => {
    const failures = demoFailures({ ...report, ...change }, { ...ledger, ...evidence });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(words);
  });
});
