import type { AuditResult } from '@fairhop/shared/contract';
import { type SettlementEvidence, type SettlementReport, settlementChecks } from './report-settlement.js';

/** What an agent counted itself while it downloaded. */
export interface AgentDownload {
  readonly agent: string;
  readonly isp: string;
  readonly verified: boolean;
  readonly bytes: number;
  readonly seconds: number;
  readonly bytesFromPeers: number;
  readonly bytesFromEdges: number;
  readonly crossAsBytes: number;
  readonly onNetBytes: number;
  readonly uploadsWithoutPermit: number;
}

export interface DemoQueries {
  readonly sp1ToSp2Evening: number;
  readonly ownerSp1ToSp2: number;
  readonly ownerDeliveredToSp1: number;
  readonly filesReceivedByHost: number;
  readonly sp1Sp2Difference: number;
}

export interface MatrixCell {
  readonly from: string;
  readonly to: string;
  readonly bytes: number;
}

interface DemoAlert {
  readonly budget: string;
  readonly step: number;
  readonly deliveredAt: string;
}

/** The one document of `npm run demo -- --json`: of the first title, and of how its month is settled. */
export interface DemoReport extends SettlementReport {
  readonly downloads: Pick<
    AgentDownload,
    'agent' | 'isp' | 'verified' | 'bytes' | 'seconds' | 'bytesFromPeers' | 'bytesFromEdges'
  >[];
  readonly totals: {
    readonly bytes: number;
    readonly peerBytes: number;
    readonly edgeBytes: number;
    readonly offload: number;
    readonly crossAsBytes: number;
    readonly onNetBytes: number;
  };
  readonly uploadsWithoutPermit: number;
  readonly queries: DemoQueries;
  readonly matrix: readonly MatrixCell[];
  readonly alerts: readonly DemoAlert[];
  readonly audit: Pick<AuditResult, 'ok' | 'events' | 'bytes'>;
}

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** Downloads and totals come from the agents' own counters, the rest from the ledger. */
export const demoReport = (
  downloads: readonly AgentDownload[],
  ledger: Pick<DemoReport, 'queries' | 'matrix' | 'alerts' | 'audit'>,
  settlement: SettlementReport,
): DemoReport => {
  const peerBytes = sum(downloads, (download) => download.bytesFromPeers);
  const edgeBytes = sum(downloads, (download) => download.bytesFromEdges);
  const bytes = peerBytes + edgeBytes;
  return {
    downloads: downloads.map(({ agent, isp, verified, bytes, seconds, bytesFromPeers, bytesFromEdges }) => ({
      agent,
      isp,
      verified,
      bytes,
      seconds,
      bytesFromPeers,
      bytesFromEdges,
    })),
    totals: {
      bytes,
      peerBytes,
      edgeBytes,
      offload: bytes === 0 ? 0 : Math.round((peerBytes / bytes) * 10_000) / 10_000,
      crossAsBytes: sum(downloads, (download) => download.crossAsBytes),
      onNetBytes: sum(downloads, (download) => download.onNetBytes),
    },
    uploadsWithoutPermit: sum(downloads, (download) => download.uploadsWithoutPermit),
    ...ledger,
    ...settlement,
  };
};

/** What the ledger says beside the report, for comparison with what the agents counted. */
export interface LedgerEvidence extends SettlementEvidence {
  readonly crossAsBytes: number;
  /** SP1→SP2 outside of the hours of the first query. */
  readonly sp1ToSp2Daytime: number;
}

const MIN_OFFLOAD = 0.7;
/** Below this a download is over before its peers are connected, and its offload says nothing. */
const MIN_SIZE_FOR_OFFLOAD_BYTES = 32 * 1024 * 1024;

/** What is wrong with a run, in plain sentences; empty when everything that the demo shows holds. */
export const demoFailures = (report: DemoReport, ledger: LedgerEvidence): string[] => {
  const { downloads, totals, uploadsWithoutPermit, queries, alerts, audit } = report;
  const unverified = downloads.filter(({ verified }) => !verified).map(({ agent }) => agent);
  const isLarge = downloads.every(({ bytes }) => bytes >= MIN_SIZE_FOR_OFFLOAD_BYTES);
  const missingSteps = [80, 100].filter((step) => !alerts.some((alert) => alert.step === step));
  const checks: [holds: boolean, failure: string][] = [
    [unverified.length === 0, `${unverified.join(', ')} did not verify the download`],
    [uploadsWithoutPermit === 0, `${uploadsWithoutPermit} uploads came without a permit`],
    [!isLarge || totals.offload >= MIN_OFFLOAD, `peers delivered only ${totals.offload} of the bytes`],
    [
      totals.crossAsBytes === ledger.crossAsBytes,
      `agents counted ${totals.crossAsBytes} bytes across ASes, the ledger ${ledger.crossAsBytes}`,
    ],
    [audit.bytes === totals.bytes, `agents counted ${totals.bytes} bytes, the ledger ${audit.bytes}`],
    [audit.ok, 'the audit found a record that breaks conservation'],
    [ledger.sp1ToSp2Daytime === 0, `${ledger.sp1ToSp2Daytime} bytes of the evening count in other hours too`],
    [
      queries.filesReceivedByHost === 1,
      `the host received ${queries.filesReceivedByHost} files instead of 1`,
    ],
    [missingSteps.length === 0, `the alert at ${missingSteps.join(' % and ')} % was not delivered`],
    ...settlementChecks(report, ledger),
  ];
  return checks.filter(([holds]) => !holds).map(([, failure]) => failure);
};
