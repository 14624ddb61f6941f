import { type BookedTransfer, bookedTransfers, readLedgerFile } from './ledger-reading.js';

/** What was there once must be there for good. */
export interface Observer {
  /** Looks at the ledger now. */
  look(): void;
  /** The most that was ever seen of a transfer. */
  readonly highest: ReadonlyMap<string, Pick<BookedTransfer, 'rowBytes' | 'settledBytes'>>;
  /** By which settled bytes went back between two looks. */
  readonly takenBackBytes: number;
}

export function createObserver(ledgerFile: string): Observer {
  const highest = new Map<string, BookedTransfer>();
  let takenBackBytes = 0;
  return {
    look() {
      const transfers = new Map(
        readLedgerFile(ledgerFile, bookedTransfers).map((transfer) => [transfer.transferId, transfer]),
      );
      for (const [transferId, before] of highest) {
        const now = transfers.get(transferId)?.settledBytes ?? 0;
        takenBackBytes += Math.max(0, before.settledBytes - now);
      }
      for (const [transferId, now] of transfers) {
        const before = highest.get(transferId);
        highest.set(transferId, {
          ...now,
          rowBytes: Math.max(now.rowBytes, before?.rowBytes ?? 0),
          settledBytes: Math.max(now.settledBytes, before?.settledBytes ?? 0),
        });
      }
    },
    highest,
    get takenBackBytes() {
      return takenBackBytes;
    },
  };
}
