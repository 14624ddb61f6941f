import type { BookedTransfer, Row } from './ledger-reading.js';

/** All that is known of the transfers between agents when everything is reported. */
export interface Evidence {
  readonly transfers: readonly BookedTransfer[];
  /** In the order of their bytes. */
  readonly rows: readonly Row[];
  /** Highest receipts that the ledger has of each transfer, and those that were found on the disks of killed agents. */
  readonly signedBytes: ReadonlyMap<string, number>;
  readonly witnessedBytes: ReadonlyMap<string, number>;
  /** The most that was seen of each transfer meanwhile. */
  readonly seen: ReadonlyMap<string, Pick<BookedTransfer, 'rowBytes' | 'settledBytes'>>;
}

export interface Verdict {
  /** Receipted, booked or settled once, and not there or not settled now. */
  readonly lostBytes: number;
  /** Booked beyond what is receipted, or twice. */
  readonly doubledBytes: number;
  /** Booked and not settled although both ends are honest. */
  readonly unsettledBytes: number;
  readonly settledBytes: number;
}

/** Holds the ledger against the receipts, transfer by transfer. */
export function judge({ transfers, rows, signedBytes, witnessedBytes, seen }: Evidence): Verdict {
  const verdict = { lostBytes: 0, doubledBytes: 0, unsettledBytes: 0, settledBytes: 0 };
  const booked = bookedRows(rows);
  const believed = new Map(transfers.map((transfer) => [transfer.transferId, transfer]));
  const ids = new Set(
    [booked, believed, signedBytes, witnessedBytes, seen].flatMap((known) => [...known.keys()]),
  );
  for (const id of ids) {
    const { coveredBytes, repeatedBytes } = booked.get(id) ?? { coveredBytes: 0, repeatedBytes: 0 };
    const receiptedBytes = Math.max(signedBytes.get(id) ?? 0, witnessedBytes.get(id) ?? 0);
    const dueBytes = Math.max(receiptedBytes, seen.get(id)?.rowBytes ?? 0);
    const { settledBytes = 0, openBytes = 0 } = believed.get(id) ?? {};
    const unsettledAgainBytes = Math.max(0, (seen.get(id)?.settledBytes ?? 0) - settledBytes);
    verdict.lostBytes += Math.max(0, dueBytes - coveredBytes) + unsettledAgainBytes;
    const countedBytes = Math.max(coveredBytes, settledBytes + openBytes);
    verdict.doubledBytes += repeatedBytes + Math.max(0, countedBytes - receiptedBytes);
    verdict.unsettledBytes += openBytes;
    verdict.settledBytes += settledBytes;
  }
  return verdict;
}

/** Of each transfer, how many of its bytes have a row, and how many have one more. */
function bookedRows(rows: readonly Row[]): Map<string, { coveredBytes: number; repeatedBytes: number }> {
  const booked = new Map<string, { coveredBytes: number; repeatedBytes: number; upTo: number }>();
  for (const { transferId, fromBytes, bytes } of rows) {
    const { coveredBytes, repeatedBytes, upTo } = booked.get(transferId) ?? {
      ...{ coveredBytes: 0, repeatedBytes: 0, upTo: 0 },
    };
    const again = Math.min(bytes, Math.max(0, upTo - fromBytes));
    booked.set(transferId, {
      coveredBytes: coveredBytes + bytes - again,
      repeatedBytes: repeatedBytes + again,
      upTo: Math.max(upTo, fromBytes + bytes),
    });
  }
  return booked;
}
