import type { SignedWords, TransferEvent } from '../ledger/event.js';
import type { Booked } from '../ledger/rollup-deltas.js';
import type { NewRow } from './belief-book.js';

/** Rows of a part that were stored just now; what was counted without receipts has no place in a transfer, and none here. */
export const newRowsOf = (
  part: readonly TransferEvent[],
  stored: readonly { readonly id: number; readonly booked: Booked }[],
): NewRow[] =>
  stored.flatMap(({ id, booked: { bin, bytes, route, owner } }, index) => {
    const { part: number, fromBytes, owner: ownerName } = part[index]!;
    return fromBytes === undefined
      ? []
      : [{ id, part: number, fromBytes, bytes, bin, route, owner, ownerName }];
  });

/** The transfer of a row between agents that comes without its signed words: a claim of its downloader. */
export function unsignedOf({
  kind,
  fromBytes,
  transferId,
  source,
  destination,
}: TransferEvent): SignedWords | undefined {
  if (kind !== 'client-to-client' || fromBytes === undefined) return undefined;
  const keyOf = (host: string): string => host.slice('host:'.length);
  const parties = { uploader: keyOf(source), downloader: keyOf(destination) };
  return { transfer: { transferId, ...parties, maxBytes: 0, expiresMs: 0 }, grant: '', words: [] };
}
