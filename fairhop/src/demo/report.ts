import type { AuditResult } from '@fairhop/shared/contract';

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

/** The one document of `npm run demo -- --json`. */
export interface DemoReport {
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
  };
};

/** What is wrong with a run, in plain sentences; empty when everything that the demo shows holds. */
export const demoFailures = (report: DemoReport, ledgerCrossAsBytes: number): string[] => {
  const failures: string[] = [];
  for (const download of report.downloads)
    if (!download.verified) failures.push(`${download.agent} did not verify its download`);
  if (report.uploadsWithoutPermit !== 0)
    failures.push(`${report.uploadsWithoutPermit} uploads came without a permit`);
  if (report.totals.crossAsBytes !== ledgerCrossAsBytes)
    failures.push(
      `agents counted ${report.totals.crossAsBytes} bytes across ASes, the ledger ${ledgerCrossAsBytes}`,
    );
  if (report.audit.bytes !== report.totals.bytes)
    failures.push(`agents counted ${report.totals.bytes} bytes, the ledger ${report.audit.bytes}`);
  if (!report.audit.ok) failures.push('the audit found a record that breaks conservation');
  for (const step of [80, 100])
    if (!report.alerts.some((alert) => alert.step === step))
      failures.push(`the alert at ${step} % was not delivered`);
  return failures;
};
