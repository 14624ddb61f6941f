import {
  firstReceiptDigest,
  type Identity,
  type Receipt,
  receiptDigest,
  signReceipt,
  type TransferContext,
} from '@fairhop/shared/crypto';

/** The uploader gets a receipt after this many newly verified bytes, or this long after the first of them. */
const RECEIPT_BYTES_STEP = 1024 * 1024;
const RECEIPT_INTERVAL_MS = 250;
/**
 * Above 25 MiB/s receipts are put together, up to half of the uploader's smallest window: signed, kept, sent and verified, each one
 * takes three quarters of a millisecond of both ends.
 */
const DENSE_RECEIPT_MS = 40;
const MAX_RECEIPT_BYTES_STEP = 4 * RECEIPT_BYTES_STEP;

/** A receipt with what it states. */
export interface SignedReceipt {
  /** 133 bytes. */
  readonly bytes: Uint8Array;
  readonly cumulativeBytes: number;
  /** Coordinator's time. */
  readonly timeMs: number;
  /** When the first data came after the receipt before: its bytes came between then and `timeMs`. */
  readonly sinceMs: number;
}

export interface ReceiptWriterConfig {
  readonly identity: Identity;
  readonly context: TransferContext;
  /** End of the grant, coordinator's time: what is verified after it came before it. */
  readonly expiresMs: number;
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** Takes each receipt as it is signed. What it throws, the caller gets. */
  readonly onReceipt: (receipt: SignedReceipt) => void;
  /** Sends the last receipt to the uploader. */
  readonly send: (receipt: Uint8Array) => void;
  /** What `onReceipt` threw when no caller was there to get it. */
  readonly onFailed: (error: Error) => void;
}

/**
 * Turns verified bytes into signed cumulative receipts, whose bytes and times never go back, and each of which commits to the one
 * before. One writer is one transfer: a second one for the same transfer would tell a second history of it.
 */
export interface ReceiptWriter {
  /** Data comes, not yet verified. */
  noteData(): void;
  acknowledge(verifiedBytes: number): void;
  /** Signs what is acknowledged and not receipted yet; the uploader gets it when it is due. */
  sign(): void;
  /** Signs and sends now what is not yet. */
  flush(): void;
  /** Signs and sends the last receipt; what fails, `onFailed` gets. */
  end(): void;
  readonly acknowledgedBytes: number;
}

export function createReceiptWriter({
  identity,
  context,
  expiresMs,
  nowMs,
  onReceipt,
  send,
  onFailed,
}: ReceiptWriterConfig): ReceiptWriter {
  let acknowledgedBytes = 0;
  let signedBytes = 0;
  let sentBytes = 0;
  let lastTimeMs = 0;
  let sinceMs: number | undefined;
  let sequence = 0;
  let previousDigest = firstReceiptDigest(context.transferId);
  let last: Uint8Array | undefined;
  let timer: NodeJS.Timeout | undefined;

  const sign = (): void => {
    if (acknowledgedBytes === signedBytes) return;
    lastTimeMs = Math.max(lastTimeMs, Math.floor(Math.min(nowMs(), expiresMs)));
    const receipt: Receipt = {
      transferId: context.transferId,
      sequence,
      cumulativeBytes: acknowledgedBytes,
      timeMs: lastTimeMs,
      previousDigest,
    };
    const signed = signReceipt(receipt, context, identity);
    // Also when it cannot be kept: what was signed once is never signed otherwise.
    sequence += 1;
    previousDigest = receiptDigest(receipt);
    onReceipt({
      bytes: signed,
      cumulativeBytes: acknowledgedBytes,
      timeMs: lastTimeMs,
      sinceMs: Math.min(sinceMs ?? lastTimeMs, lastTimeMs),
    });
    sinceMs = undefined;
    last = signed;
    signedBytes = acknowledgedBytes;
  };
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    sign();
    if (last === undefined || sentBytes === signedBytes) return;
    sentBytes = signedBytes;
    send(last);
  };
  const flushLater = (): void => {
    try {
      flush();
    } catch (error) {
      onFailed(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return {
    noteData() {
      sinceMs ??= Math.floor(nowMs());
    },
    acknowledge(verifiedBytes) {
      acknowledgedBytes += verifiedBytes;
      const isDense = nowMs() - lastTimeMs < DENSE_RECEIPT_MS;
      const stepBytes = isDense ? MAX_RECEIPT_BYTES_STEP : RECEIPT_BYTES_STEP;
      if (acknowledgedBytes - sentBytes >= stepBytes) flush();
      else if (verifiedBytes > 0) timer ??= setTimeout(flushLater, RECEIPT_INTERVAL_MS);
    },
    sign,
    flush,
    end: flushLater,
    get acknowledgedBytes() {
      return acknowledgedBytes;
    },
  };
}
