import type { PeerTransferRecord, TransferId } from '@fairhop/shared/model';
import type { SignedReceipt } from '../peer/index.js';
import type { Outbox } from './outbox.js';
import {
  type ClosedPart,
  type Ends,
  firstPart,
  hasBytes,
  isDue,
  nextPart,
  type OpenPart,
  type StampedReceipt,
  takeReceipt,
} from './transfer-parts.js';

/** Rates are told over windows of one second. */
const RATE_WINDOW_MS = 1000;

/** Makes a transfer's receipts into `peer-transfer` records; each receipt is on disk when `receipt` returns. */
export interface TransferRecorder {
  begin(transfer: {
    transferId: TransferId;
    grant: string;
    startMs: number;
    ends: () => Ends;
  }): RecordedTransfer;
  /** Closes parts whose time is over. */
  cutDue(nowMs: number): void;
}

interface RecordedTransfer {
  receipt(receipt: SignedReceipt): void;
  end(): void;
}

/** A recorder of parts of at most `maxPartMs`; what was under way when the process ended last time is closed with its last receipt. */
export function createTransferRecorder(outbox: Outbox, maxPartMs: number): TransferRecorder {
  const running = new Set<{ cutIfDue(nowMs: number): void }>();
  for (const { transferId, grant, part } of outbox.openTransfers()) {
    const records = hasBytes(part) ? [recordOf(grant, part, true)] : [];
    outbox.update({ records, transfer: { transferId, grant, part: null } });
  }

  return {
    begin: ({ transferId, grant, startMs, ends }) => {
      let open: OpenPart = firstPart(startMs, ends());
      let recent: { timeMs: number; bytes: number }[] = [{ timeMs: startMs, bytes: 0 }];
      let ended = false;
      const rateAt = (timeMs: number, bytes: number): number => {
        recent.push({ timeMs, bytes });
        const first = recent.findLastIndex((point) => point.timeMs <= timeMs - RATE_WINDOW_MS);
        if (first > 0) recent = recent.slice(first);
        const from = recent[0]!;
        return ((bytes - from.bytes) * 8000) / Math.max(RATE_WINDOW_MS, timeMs - from.timeMs);
      };
      /** On disk first: what cannot be written has not happened, and the next start finds the part before it. */
      const put = (records: PeerTransferRecord[], part: OpenPart): void => {
        outbox.update({ records, transfer: { transferId, grant, part: ended ? null : part } });
        open = part;
      };
      const transfer = {
        receipt: ({ bytes, cumulativeBytes, timeMs, sinceMs }: SignedReceipt) => {
          const encoded = Buffer.from(bytes).toString('base64url');
          const receipt: StampedReceipt = { encoded, cumulativeBytes, timeMs };
          const taken = takeReceipt(open, receipt, ends(), {
            sinceMs,
            rateBitsPerSecond: rateAt(timeMs, cumulativeBytes),
            maxPartMs,
          });
          const closed = taken.closed.map((part) => recordOf(grant, part, false));
          // A receipt for bytes that were verified after the end stands alone.
          if (ended && hasBytes(taken.open))
            put([...closed, recordOf(grant, taken.open, true)], nextPart(taken.open, ends()));
          else put(closed, taken.open);
        },
        cutIfDue: (nowMs: number) => {
          if (!isDue(open, nowMs, maxPartMs)) return;
          const closed = open as ClosedPart;
          put([recordOf(grant, closed, false)], nextPart(closed, ends()));
        },
        end: () => {
          if (ended) return;
          ended = true;
          running.delete(transfer);
          if (hasBytes(open)) put([recordOf(grant, open, true)], nextPart(open, ends()));
          else put([], open);
        },
      };
      running.add(transfer);
      return transfer;
    },
    cutDue: (nowMs) => {
      for (const transfer of running) transfer.cutIfDue(nowMs);
    },
  };
}

function recordOf(grant: string, part: ClosedPart, last: boolean): PeerTransferRecord {
  return {
    type: 'peer-transfer',
    grant,
    part: part.part,
    startMs: Math.min(part.startMs, part.to.timeMs),
    ...(part.from && { from: part.from.encoded }),
    to: part.to.encoded,
    uploaderAddress: part.uploaderAddress,
    downloaderAddress: part.downloaderAddress,
    maxRateBitsPerSecond: part.maxRateBitsPerSecond,
    last,
  };
}
