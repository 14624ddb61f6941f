import { MAX_PIECE_LENGTH_BYTES } from '@fairhop/shared/model';

/** What 1 Gbit/s sends while a receipt takes 64 ms. */
const MIN_WINDOW_BYTES = 8 * 1024 * 1024;
/**
 * Of what was sent and then cancelled, this share of the acknowledged bytes and one window are forgiven: endgame asks
 * several peers and cancels all but one, while one who cancels everything gets no more than that for nothing.
 */
const FORGIVEN_SHARE = 1 / 16;

/** How far an uploader goes ahead of the downloader's receipts: two pieces, so that a piece from two peers stalls neither. */
export const windowBytesOf = (pieceLengthBytes: number): number =>
  Math.max(MIN_WINDOW_BYTES, 2 * Math.min(pieceLengthBytes, MAX_PIECE_LENGTH_BYTES));

export interface UploadWindow {
  readonly sentBytes: number;
  readonly acknowledgedBytes: number;
  /** Bytes that may be sent before the next receipt. */
  readonly roomBytes: number;
  sent(bytes: number): void;
  /** A receipt's cumulative bytes. False if they go back or were never sent. */
  acknowledge(cumulativeBytes: number): boolean;
  /** Sent bytes of a request that was cancelled. */
  writeOff(bytes: number): void;
}

export function createUploadWindow(windowBytes: number): UploadWindow {
  let sentBytes = 0;
  let acknowledgedBytes = 0;
  let cancelledBytes = 0;
  const forgivenBytes = (): number =>
    Math.min(cancelledBytes, windowBytes + Math.floor(acknowledgedBytes * FORGIVEN_SHARE));
  return {
    get sentBytes() {
      return sentBytes;
    },
    get acknowledgedBytes() {
      return acknowledgedBytes;
    },
    get roomBytes() {
      // Cancelled bytes may be acknowledged all the same, when they came before the cancelling: no debt is negative.
      const unacknowledgedBytes = Math.max(0, sentBytes - acknowledgedBytes - forgivenBytes());
      return Math.max(0, windowBytes - unacknowledgedBytes);
    },
    sent(bytes) {
      sentBytes += bytes;
    },
    acknowledge(cumulativeBytes) {
      if (cumulativeBytes < acknowledgedBytes || cumulativeBytes > sentBytes) return false;
      acknowledgedBytes = cumulativeBytes;
      return true;
    },
    writeOff(bytes) {
      cancelledBytes += bytes;
    },
  };
}
