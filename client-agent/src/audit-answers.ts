import type { CoordinatorMessage } from '@fairhop/shared/contract';
import { auditDigest } from '@fairhop/shared/crypto';
import { type ContentId, pieceCount } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { PieceStore } from './storage/piece-store.js';

type Audit = Extract<CoordinatorMessage, { type: 'audit' }>;

export interface AuditAnswersDependencies {
  readonly log: Logger;
  readonly storeOf: (contentId: ContentId) => PieceStore | undefined;
  /** No digest: this agent does not hold the range any more. */
  readonly send: (auditId: string, digest: string | undefined) => void;
  readonly monotonicMs?: () => number;
}

/** Each reads up to 64 KiB; the coordinator asks for one at a time. */
const MAX_AT_ONCE = 4;
/** A coordinator that asks more often, but for a few at once, gets no answer: the disk is the user's. */
const MIN_INTERVAL_MS = 100;

/** Proves to the coordinator that this agent holds what it acknowledged. */
export function createAuditAnswers({
  log,
  storeOf,
  send,
  monotonicMs = () => performance.now(),
}: AuditAnswersDependencies): (audit: Audit) => Promise<void> {
  let running = 0;
  let room = MAX_AT_ONCE;
  let lastMs = monotonicMs();

  const digestOf = async ({ contentId, piece, offset, lengthBytes, nonce }: Audit) => {
    const store = storeOf(contentId);
    if (!store || piece >= pieceCount(store.manifest) || !store.has(piece)) return undefined;
    return auditDigest(nonce, await store.read(piece, offset, lengthBytes));
  };

  return async (audit) => {
    const nowMs = monotonicMs();
    room = Math.min(MAX_AT_ONCE, room + (nowMs - lastMs) / MIN_INTERVAL_MS);
    lastMs = nowMs;
    if (running >= MAX_AT_ONCE || room < 1) {
      log.warn({ audit: audit.auditId }, 'the coordinator audits too often; this one is not answered');
      return;
    }
    room -= 1;
    running += 1;
    try {
      send(audit.auditId, await digestOf(audit));
    } catch (error) {
      log.warn({ error: String(error), content: audit.contentId }, 'an audited range cannot be read');
      send(audit.auditId, undefined);
    } finally {
      running -= 1;
    }
  };
}
