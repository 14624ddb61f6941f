import type { Database } from 'better-sqlite3';
import type { Positions } from './positions.js';

/** A closed period of a contract: what counts in what is invoiced of it. */
export interface Closing extends Positions {
  readonly contract: string;
  readonly period: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly closedMs: number;
  /** Sums of the ledger over its time then. */
  readonly fingerprint: string;
  /** Some of it was credited since. */
  readonly isReopened: boolean;
  /** Id of its newest invoice; null where nothing was due. */
  readonly invoice: string | null;
}

export interface ClosingStore {
  get(contract: string, period: string): Closing | undefined;
  /** By time. */
  list(contract: string): Closing[];
  put(closing: Closing): void;
  reopen(contract: string, period: string): void;
  /** The newest closings of all contracts. */
  newest(limit: number): Closing[];
}

type Row = Omit<Closing, 'isReopened'> & { readonly isReopened: number };

/** Works within the caller's transaction. */
export function createClosingStore(database: Database): ClosingStore {
  const columns = `SELECT contract, period, from_ms AS fromMs, to_ms AS toMs, closed_ms AS closedMs, up_to_event AS upToEvent,
    up_to_move AS upToMove, up_to_completion AS upToCompletion, fingerprint, is_reopened AS isReopened, invoice FROM closings`;
  const select = database.prepare<[string, string], Row>(`${columns} WHERE contract = ? AND period = ?`);
  const selectAll = database.prepare<[string], Row>(`${columns} WHERE contract = ? ORDER BY from_ms`);
  const selectNewest = database.prepare<[number], Row>(
    `${columns} ORDER BY closed_ms DESC, contract, period LIMIT ?`,
  );
  const upsert = database.prepare(
    `INSERT INTO closings VALUES (@contract, @period, @fromMs, @toMs, @closedMs, @upToEvent, @upToMove, @upToCompletion,
       @fingerprint, @isReopened, @invoice)
     ON CONFLICT DO UPDATE SET from_ms = excluded.from_ms, to_ms = excluded.to_ms, closed_ms = excluded.closed_ms, up_to_event = excluded.up_to_event,
       up_to_move = excluded.up_to_move, up_to_completion = excluded.up_to_completion, fingerprint = excluded.fingerprint,
       is_reopened = excluded.is_reopened, invoice = excluded.invoice`,
  );
  const reopen = database.prepare('UPDATE closings SET is_reopened = 1 WHERE contract = ? AND period = ?');
  const closingOf = (row: Row): Closing => ({ ...row, isReopened: row.isReopened === 1 });
  return {
    get(contract, period) {
      const row = select.get(contract, period);
      return row && closingOf(row);
    },
    list: (contract) => selectAll.all(contract).map(closingOf),
    put: (closing) => void upsert.run({ ...closing, isReopened: closing.isReopened ? 1 : 0 }),
    reopen: (contract, period) => void reopen.run(contract, period),
    newest: (limit) => selectNewest.all(limit).map(closingOf),
  };
}
