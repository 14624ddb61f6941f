import {
  contextOfGrant,
  FIRST_STATEMENT_DIGEST,
  type Identity,
  signStatement,
  statementDigest,
  type TransferContext,
} from '@fairhop/shared/crypto';
import type { GrantClaims, TransferId, UploaderStatement } from '@fairhop/shared/model';
import type { OpenUpload, Outbox, UploadTotal } from './outbox.js';
import { openSentCounters } from './sent-counters.js';

/** When so much waits for accounting, the first and the last statement of each transfer are enough: days of transfers have room. */
const BACKLOG_MESSAGES = 10_000;

export interface UploadRecorderConfig {
  /** The file of the counters. */
  readonly file: string;
  readonly identity: Identity;
}

export interface UploadRecorderDeps {
  readonly outbox: Outbox;
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** How an upload stands, with each statement of it. */
  readonly onStated: (transferId: TransferId, total: UploadTotal) => void;
}

interface UploadStart {
  /** The grant's token and its verified claims. */
  readonly grant: string;
  readonly claims: GrantClaims;
  readonly downloaderAddress: () => string;
}

/** Makes what is sent into signed statements, of which each commits to the one before. */
export interface UploadRecorder {
  /** A grant that was served, also by an earlier process: a second transfer under it would tell its history twice. */
  isUsed(transferId: TransferId): boolean;
  begin(upload: UploadStart): RecordedUpload;
  close(): void;
}

export interface RecordedUpload {
  /**
   * Called with all payload so far before the last of it goes: a crash makes what is stated at most one message too much. The first
   * call makes the first statement. Throws when it cannot be put on disk.
   */
  noteSent(sentBytes: number): void;
  /** The last receipt that came, and what of it is believed. */
  noteReceipt(receipt: Uint8Array, acknowledgedBytes: number): void;
  /** Makes a statement if there is anything to tell since the last one, and room for it. */
  state(): void;
  /** Makes the last statement. Until it is on disk, the next start makes it. */
  end(): void;
}

/** An uploader's history of a transfer as its last statement left it, and what came since. */
interface History {
  readonly grant: string;
  readonly context: TransferContext;
  /** The last statement's; the next one has a sequence more. */
  sequence: number;
  digest: string;
  timeMs: number;
  receipt: string | undefined;
  sentBytes: number;
  downloaderAddress: string;
}

/** A recorder; what was under way when the process ended last time is closed with what it had sent. */
export function createUploadRecorder(
  { file, identity }: UploadRecorderConfig,
  { outbox, nowMs, onStated }: UploadRecorderDeps,
): UploadRecorder {
  const counters = openSentCounters(file);

  /** Signs what `history` tells now. A statement that cannot be kept is not made again otherwise: the next one follows it. */
  const sign = (history: History, timeMs: number, last: boolean): UploaderStatement => {
    const { grant, context, receipt, sentBytes, downloaderAddress } = history;
    history.sequence += 1;
    history.timeMs = Math.max(history.timeMs, Math.floor(timeMs));
    const body = {
      sequence: history.sequence,
      previousDigest: history.digest,
      ...(receipt !== undefined && { receipt }),
      sentBytes,
      timeMs: history.timeMs,
      last,
      downloaderAddress,
    };
    history.digest = statementDigest(body, context);
    return signStatement(body, grant, context, identity);
  };

  const closeBefore = ({ transferId, ...open }: OpenUpload): void => {
    const sentBytes = Math.max(open.sentBytes, counters.before.get(transferId) ?? 0);
    const { uploader, downloader, contentId, ...rest } = open;
    const context = { transferId, contentId, uploader, downloader };
    const history: History = { ...rest, context, receipt: open.receipt, sentBytes };
    // Of the time that is known: now its grant may be over.
    const record = sign(history, history.timeMs, true);
    outbox.update({ records: [record], upload: { transferId, open: null } });
  };
  for (const open of outbox.openUploads()) closeBefore(open);

  const begin = ({ grant, claims, downloaderAddress }: UploadStart): RecordedUpload => {
    const context = contextOfGrant(claims);
    const { transferId, contentId, uploader, downloader } = context;
    outbox.useGrant(transferId, claims.exp * 1000, nowMs());
    const counter = counters.claim(transferId);
    const history: History = {
      grant,
      context,
      sequence: -1,
      digest: FIRST_STATEMENT_DIGEST,
      timeMs: 0,
      receipt: undefined,
      sentBytes: 0,
      downloaderAddress: downloaderAddress(),
    };
    let acknowledgedBytes = 0;
    let isNews = false;
    let ended = false;

    const put = (last: boolean): void => {
      history.downloaderAddress = downloaderAddress();
      // Nothing is sent after the grant, whenever that is noticed.
      const record = sign(history, Math.min(nowMs(), claims.exp * 1000), last);
      const { sequence, digest, timeMs, receipt, sentBytes } = history;
      const open = { grant, contentId, uploader, downloader, sequence, digest, timeMs, receipt, sentBytes };
      outbox.update({
        records: [record],
        upload: {
          transferId,
          open: last ? null : { ...open, downloaderAddress: history.downloaderAddress },
        },
      });
      isNews = false;
      onStated(transferId, { downloader, contentId, sentBytes, acknowledgedBytes });
    };
    return {
      noteSent(sentBytes) {
        counter.note(sentBytes);
        const isFirst = history.sequence < 0;
        history.sentBytes = sentBytes;
        isNews = true;
        if (isFirst) put(false);
      },
      noteReceipt(receipt, believedBytes) {
        // What contradicts the receipt before it proves nothing without that one.
        if (history.receipt !== undefined && believedBytes === acknowledgedBytes && isNews) put(false);
        history.receipt = Buffer.from(receipt).toString('base64url');
        acknowledgedBytes = believedBytes;
        isNews = true;
      },
      state() {
        if (isNews && !ended && outbox.size < BACKLOG_MESSAGES) put(false);
      },
      end() {
        if (ended) return;
        ended = true;
        put(true);
        // Not before: until the last statement is on disk, the next start needs the count.
        counter.release();
      },
    };
  };

  return { isUsed: (transferId) => outbox.isGrantUsed(transferId), begin, close: counters.close };
}
