/** What the ledger has of a transfer between two agents. */
export interface TransferWords {
  readonly grantedBytes: number;
  readonly downloaderBytes: number;
  readonly uploaderBytes: number | null;
  readonly receiptBytes: number | null;
  readonly isDone: boolean;
  readonly settledBytes: number;
  readonly toleranceBytes: number;
}

/**
 * `words`: the uploader's last word is less than the downloader signed. `denied`: the downloader does not report what the uploader
 * shows its receipt for. `unconfirmed`: the uploader does not state what the downloader reports. `unacknowledged`: much of what was
 * sent was never acknowledged; `unfinished` while the uploader does not say that it was all. `none`: settled without any; `open`: nothing to tell yet.
 */
export type Difference =
  | 'none'
  | 'open'
  | 'words'
  | 'denied'
  | 'unconfirmed'
  | 'unacknowledged'
  | 'unfinished';

/** An uploader's window, where pieces are not large (client-agent/src/upload/upload-window.ts): who skips receipts leaves as much. */
const WINDOW_BYTES = 8 * 1024 * 1024;
/** What endgame cancels is some blocks; of a small content less than a window is much. */
const MUCH_OF_GRANT = 1 / 8;

export function differenceOf(words: TransferWords): Difference {
  const { grantedBytes, downloaderBytes, isDone, settledBytes, toleranceBytes } = words;
  const uploaderBytes = words.uploaderBytes ?? 0;
  const receiptBytes = words.receiptBytes ?? 0;
  if (downloaderBytes - uploaderBytes > toleranceBytes) return isDone ? 'words' : 'unconfirmed';
  if (receiptBytes - downloaderBytes > toleranceBytes) return 'denied';
  const leftBytes = uploaderBytes - Math.max(downloaderBytes, receiptBytes);
  const much = Math.min(WINDOW_BYTES, Math.max(1, grantedBytes * MUCH_OF_GRANT));
  if (grantedBytes > 0 && leftBytes >= much) return isDone ? 'unacknowledged' : 'unfinished';
  return settledBytes > 0 ? 'none' : 'open';
}

/** When each end was last heard of, in its own signed times. */
export interface Activity {
  /** Of the downloader: a receipt that anybody showed; the latest that it told accounting of. */
  readonly downloaderSignedMs: number;
  readonly downloaderHeardMs: number;
  /** Of the uploader: the latest that it told accounting of. */
  readonly uploaderHeardMs: number;
}

export interface SilenceLimits {
  readonly quietMs: number;
  readonly muteMs: number;
}

/**
 * Whether silence means something by now. An agent reports in the order in which things happened (client-agent/src/report/outbox.ts), so
 * that who tells of something later has left out what was before. Parts are cut after a minute, and an upload ends minutes after its
 * last receipt: within `quietMs` nothing is left out yet. Who does not reach accounting for days is late, and nothing else, even
 * if it is active with others meanwhile.
 */
export function isTelling(
  difference: Difference,
  { lastMs, signedMs }: { readonly lastMs: number; readonly signedMs: number },
  { downloaderHeardMs, downloaderSignedMs, uploaderHeardMs }: Activity,
  nowMs: number,
  { quietMs, muteMs }: SilenceLimits,
): boolean {
  if (difference === 'words') return true;
  if (difference === 'none' || difference === 'open' || nowMs - lastMs < quietMs) return false;
  if (difference === 'unacknowledged') return true;
  if (difference === 'unconfirmed' || difference === 'unfinished')
    return uploaderHeardMs > signedMs + quietMs;
  return downloaderHeardMs > signedMs + quietMs || downloaderSignedMs > signedMs + muteMs;
}
