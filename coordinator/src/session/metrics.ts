import { Counter, Histogram, type Registry } from 'prom-client';

/** Why a running grant was ended before its time. */
export type RevocationCause =
  | 'permit-ended'
  | 'permit-changed'
  | 'category-not-permitted'
  | 'outside-permit'
  | 'uploader-not-ready'
  | 'uploader-released'
  | 'replaced'
  | 'other-end-left'
  | 'not-connected'
  | 'title-withdrawn'
  | 'quarantined'
  | 'budget'
  | 'policy'
  | 'expired';

export interface SessionMetrics {
  admitted(): void;
  /** A connection or session was refused or ended; codes are our own, so that there are few. */
  refused(code: string): void;
  /** A message was answered with an error. */
  failed(code: string): void;
  selected(durationMs: number, grants: number): void;
  revoked(cause: RevocationCause): void;
  signalled(): void;
  badData(): void;
  uploaded(bytes: number): void;
}

/** A selection takes some ten microseconds; more than 2 ms is too slow. */
const selectionBucketsSeconds = [0.000_02, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.01, 0.1];

export function createSessionMetrics(registry: Registry): SessionMetrics {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter({ name, help, labelNames, registers });
  const admitted = counter('fairhop_sessions_admitted_total', 'Sessions of agents that proved their key');
  const refused = counter('fairhop_sessions_refused_total', 'Connections that were refused or ended', [
    'code',
  ]);
  const failed = counter('fairhop_session_errors_total', 'Messages that were answered with an error', [
    'code',
  ]);
  const granted = counter('fairhop_grants_total', 'Transfers that were granted');
  const revoked = counter('fairhop_grants_revoked_total', 'Grants that were ended before their time', [
    'cause',
  ]);
  const signals = counter('fairhop_signals_total', 'Signalling messages that were passed on');
  const badData = counter('fairhop_bad_data_reports_total', 'Bad pieces that downloaders reported');
  const uploaded = counter(
    'fairhop_upload_bytes_reported_total',
    'Payload bytes that ends of grants reported',
  );
  const selections = new Histogram({
    name: 'fairhop_selection_duration_seconds',
    help: 'Time of one selection of sources, signatures not counted',
    buckets: selectionBucketsSeconds,
    registers,
  });
  return {
    admitted: () => admitted.inc(),
    refused: (code) => refused.inc({ code }),
    failed: (code) => failed.inc({ code }),
    selected(durationMs, grants) {
      selections.observe(durationMs / 1000);
      granted.inc(grants);
    },
    revoked: (cause) => revoked.inc({ cause }),
    signalled: () => signals.inc(),
    badData: () => badData.inc(),
    uploaded: (bytes) => uploaded.inc(bytes),
  };
}
