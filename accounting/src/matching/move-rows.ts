import type { Belief } from '@fairhop/shared/model';
import type { Decision, OpenBelief, Standing } from './decide.js';

/** A ledger row's bytes [fromBytes, fromBytes + bytes) of its transfer, and where they count. */
export interface BookedRow {
  readonly part: number;
  readonly fromBytes: number;
  readonly bytes: number;
  readonly bin: number;
  readonly route: number;
  readonly owner: number;
}

export interface Move {
  readonly fromBytes: number;
  readonly toBytes: number;
  /** Null: booked just now. */
  readonly from: Belief | null;
  readonly to: Belief;
  readonly reason: string;
}

/** Bytes that are not billable more, or less, in the bin of a row. */
export interface Change {
  readonly row: BookedRow;
  readonly belief: OpenBelief;
  readonly bytes: number;
}

export interface Moved {
  readonly moves: readonly Move[];
  readonly changes: readonly Change[];
  readonly newlySettledBytes: number;
  readonly openBytes: number;
  /** Lowest part that has open bytes; null without any. */
  readonly openPart: number | null;
}

const SETTLED_REASON = 'both-signed';

/**
 * What becomes of a transfer's rows: of those that have open bytes, and of new ones. Rows without open bytes need not be told. Where
 * nothing moves among the open rows, they need not be told either: `openRows` is null then.
 */
export function moveRows(
  before: Standing & { readonly openBytes: number; readonly openPart: number | null },
  after: Decision,
  openRows: readonly BookedRow[] | null,
  newRows: readonly BookedRow[],
): Moved {
  const moves: Move[] = [];
  const changes: Change[] = [];
  let newlySettledBytes = 0;
  let openBytes = openRows === null ? before.openBytes : 0;
  let openPart = openRows === null ? before.openPart : null;
  const move = (fromBytes: number, toBytes: number, from: OpenBelief | null, to: Belief): void => {
    if (fromBytes >= toBytes || from === to) return;
    const reason = to === 'settled' ? SETTLED_REASON : after.reason;
    moves.push({ fromBytes, toBytes, from, to, reason });
  };
  const change = (row: BookedRow, belief: OpenBelief, bytes: number): void => {
    if (bytes !== 0) changes.push({ row, belief, bytes });
  };
  const place = (row: BookedRow, fromBytes: number, from: OpenBelief | null): void => {
    const toBytes = row.fromBytes + row.bytes;
    const cut = Math.min(Math.max(after.settledBytes, fromBytes), toBytes);
    move(fromBytes, cut, from, 'settled');
    move(cut, toBytes, from, after.open);
    if (from !== null) change(row, from, fromBytes - toBytes);
    change(row, after.open, toBytes - cut);
    newlySettledBytes += cut - fromBytes;
    openBytes += toBytes - cut;
    if (toBytes > cut) openPart = Math.min(openPart ?? row.part, row.part);
  };
  for (const row of openRows ?? []) {
    const openFrom = Math.max(row.fromBytes, before.settledBytes);
    if (openFrom < row.fromBytes + row.bytes) place(row, openFrom, before.open);
  }
  for (const row of newRows) place(row, row.fromBytes, null);
  return { moves: joined(moves), changes, newlySettledBytes, openBytes, openPart };
}

/** Moves of neighbours that are the same are one. */
function joined(moves: readonly Move[]): Move[] {
  const sorted = [...moves].sort((left, right) => left.fromBytes - right.fromBytes);
  const result: Move[] = [];
  for (const move of sorted) {
    const last = result.at(-1);
    const isSame = last !== undefined && last.from === move.from && last.to === move.to;
    if (isSame && last.toBytes === move.fromBytes)
      result[result.length - 1] = { ...last, toBytes: move.toBytes };
    else result.push(move);
  }
  return result;
}
