import { type Identity, type Receipt, signReceipt } from '@fairhop/shared/crypto';

/** A receipt is due after this many newly verified bytes, or this long after the first of them. */
const RECEIPT_BYTES_STEP = 1024 * 1024;
const RECEIPT_INTERVAL_MS = 250;

export interface ReceiptWriterConfig {
  readonly identity: Identity;
  /** What stays the same over the receipts of a transfer. */
  readonly transfer: Pick<Receipt, 'transferId' | 'contentId' | 'uploader' | 'downloader'>;
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** Takes each receipt as it is signed: 193 bytes. */
  readonly onReceipt: (receipt: Uint8Array, cumulativeBytes: number, timeMs: number) => void;
}

/** Turns verified bytes into signed cumulative receipts, whose bytes and times never go back. */
export interface ReceiptWriter {
  acknowledge(verifiedBytes: number): void;
  /** Signs now what is not receipted yet. */
  flush(): void;
  readonly acknowledgedBytes: number;
}

export function createReceiptWriter({
  identity,
  transfer,
  nowMs,
  onReceipt,
}: ReceiptWriterConfig): ReceiptWriter {
  let acknowledgedBytes = 0;
  let receiptedBytes = 0;
  let lastTimeMs = 0;
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (acknowledgedBytes === receiptedBytes) return;
    receiptedBytes = acknowledgedBytes;
    lastTimeMs = Math.max(lastTimeMs, Math.floor(nowMs()));
    const receipt = { ...transfer, cumulativeBytes: receiptedBytes, timeMs: lastTimeMs };
    onReceipt(signReceipt(receipt, identity), receiptedBytes, lastTimeMs);
  };
  return {
    acknowledge(verifiedBytes) {
      acknowledgedBytes += verifiedBytes;
      if (acknowledgedBytes - receiptedBytes >= RECEIPT_BYTES_STEP) flush();
      else if (verifiedBytes > 0) timer ??= setTimeout(flush, RECEIPT_INTERVAL_MS);
    },
    flush,
    get acknowledgedBytes() {
      return acknowledgedBytes;
    },
  };
}
