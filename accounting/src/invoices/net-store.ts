import type { NetStatement } from '@fairhop/shared/contract';
import type { Database } from 'better-sqlite3';
import type { Positions } from './positions.js';

export interface NetStatementStore {
  /** Kept once, as of those positions: what comes later does not change it. */
  add(statement: NetStatement, positions: Positions): void;
  get(one: string, other: string, period: string, timeZone: string): NetStatement | undefined;
  /** Newest first, of one ISP or of all. */
  list(isp: string | undefined): NetStatement[];
}

/** Fifty pairs for over a year; the answer has some 0.5 MB. */
const MAX_LISTED = 1_000;

export function createNetStatementStore(database: Database): NetStatementStore {
  const insert = database.prepare(
    `INSERT INTO net_statements (one, other, period, time_zone, up_to_event, up_to_move, statement)
     VALUES (@one, @other, @period, @timeZone, @upToEvent, @upToMove, @statement) ON CONFLICT DO NOTHING`,
  );
  const select = database
    .prepare<[object], string>(
      `SELECT statement FROM net_statements
       WHERE one = @one AND other = @other AND period = @period AND time_zone = @timeZone`,
    )
    .pluck();
  const selectAll = database
    .prepare<[object], string>(
      `SELECT statement FROM net_statements WHERE @isp IS NULL OR one = @isp OR other = @isp
       ORDER BY place DESC LIMIT ${MAX_LISTED}`,
    )
    .pluck();
  const parse = (text: string): NetStatement => JSON.parse(text) as NetStatement;
  return {
    add(statement, { upToEvent, upToMove }) {
      const { one, other, period, timeZone } = statement;
      insert.run({
        ...{ one, other, period, timeZone, upToEvent, upToMove },
        statement: JSON.stringify(statement),
      });
    },
    get(one, other, period, timeZone) {
      const text = select.get({ one, other, period, timeZone });
      return text === undefined ? undefined : parse(text);
    },
    list: (isp) => selectAll.all({ isp: isp ?? null }).map(parse),
  };
}
