import { describe, expect, it } from 'vitest';
import { type AgentDownload, type DemoReport, demoFailures, demoReport } from './report.js';

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
const report = demoReport([download('sp1-a'), download('sp1-b')], {
  queries,
  matrix: [],
  alerts,
  audit: { ok: true, events: 4, bytes: 2 * SIZE_BYTES },
});
const ledger = { crossAsBytes: SIZE_BYTES, sp1ToSp2Daytime: 0 };

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

  const broken: [string, Partial<DemoReport>, Partial<typeof ledger>][] = [
    ['sp1-a', { downloads: [{ ...report.downloads[0]!, verified: false }] }, {}],
    ['without a permit', { uploadsWithoutPermit: 1 }, {}],
    ['only 0.3', { totals: { ...report.totals, offload: 0.3 } }, {}],
    ['across ASes', {}, { crossAsBytes: SIZE_BYTES - 1 }],
    ['the ledger', { audit: { ...report.audit, bytes: 1 } }, {}],
    ['conservation', { audit: { ...report.audit, ok: false } }, {}],
    ['other hours', {}, { sp1ToSp2Daytime: 1 }],
    ['0 files', { queries: { ...queries, filesReceivedByHost: 0 } }, {}],
    ['at 100 %', { alerts: alerts.slice(0, 1) }, {}],
  ];
  it.each(broken)('names what fails: %s', (words, change, evidence) => {
    const failures = demoFailures({ ...report, ...change }, { ...ledger, ...evidence });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(words);
  });
});
