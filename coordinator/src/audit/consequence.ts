import type { AuditOutcome } from '@fairhop/shared/contract';
import type { Quarantine, Suspicion } from '@fairhop/shared/model';

export interface Audited {
  readonly outcome: AuditOutcome['outcome'];
  readonly contentId: string;
  readonly piece: number;
  /** Audits that this agent left unanswered one after the other, this one included. */
  readonly unansweredInRow: number;
  /** What it can be checked by. */
  readonly evidence: string;
  readonly nowMs: number;
}

/** Sessions break, and contents are evicted while a question is on its way; not three times where one was asked. */
const MAX_UNANSWERED_IN_ROW = 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What follows from an audit: a wrong digest is a proof, since agents answer from pieces that match the manifest or not at all;
 * silence is none, and counts only where it is a habit.
 */
export function consequenceOf(audited: Audited): Omit<Quarantine, 'agent' | 'sinceMs'> | undefined {
  const { outcome, contentId, piece, unansweredInRow, evidence, nowMs } = audited;
  const hold = (untilMs: number, suspicion: Omit<Suspicion, 'evidence' | 'timeMs'>) => ({
    by: 'coordinator',
    untilMs,
    suspicions: [{ ...suspicion, evidence: [evidence], timeMs: nowMs }],
  });
  if (outcome === 'failed') {
    const message = `it does not hold piece ${piece} of content ${contentId}, which it acknowledged: the keyed hash of a random range is wrong`;
    return hold(nowMs + DAY_MS, { check: 'audit-failed', score: 100, message });
  }
  if (outcome === 'unanswered' && unansweredInRow >= MAX_UNANSWERED_IN_ROW) {
    const message = `it could not show pieces that it had acknowledged ${unansweredInRow} times in a row, the last time piece ${piece} of content ${contentId}`;
    return hold(nowMs + HOUR_MS, { check: 'audit-unanswered', score: 60, message });
  }
  return undefined;
}
