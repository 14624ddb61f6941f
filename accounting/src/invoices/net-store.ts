import type { Database } from 'better-sqlite3';
import type { StatementFigures } from './net-statement.js';
import type { Positions } from './positions.js';

export interface KeptStatement {
  readonly figures: StatementFigures;
  /** Contracts with the version that it is of, and what was waived by then in minor units: `sp1-sp2-peering 1, 600 waived`. */
  readonly terms: readonly string[];
}

export interface NetStatementStore {
  /** Kept as of those positions: what comes later does not change it, and only a newer one is in its place. */
  add(statement: StatementFigures, terms: KeptStatement['terms'], positions: Positions): void;
  /** The newest one. */
  get(of: Pick<StatementFigures, (typeof keys)[number]>): KeptStatement | undefined;
  /** Newest first: of one ISP or between two, else all. */
  list(isp?: string, other?: string): (KeptStatement & { readonly isSuperseded: boolean })[];
}

/** What tells of what time and between whom a statement is: zones with the same clocks have one. */
const keys = ['one', 'other', 'period', 'fromMs', 'toMs'] as const;
const isOfSame = 'one = @one AND other = @other AND period = @period AND from_ms = @fromMs AND to_ms = @toMs';

/** Fifty pairs for over a year; the answer has some 0.5 MB. */
const MAX_LISTED = 1_000;

export function createNetStatementStore(database: Database): NetStatementStore {
  const insert = database.prepare(
    `INSERT INTO net_statements (one, other, period, from_ms, to_ms, terms, up_to_event, up_to_move, statement)
     VALUES (@one, @other, @period, @fromMs, @toMs, @terms, @upToEvent, @upToMove, @statement)`,
  );
  const select = database.prepare<[object], Row>(
    `SELECT statement, terms FROM net_statements WHERE ${isOfSame} ORDER BY place DESC LIMIT 1`,
  );
  const selectAll = database.prepare<[object], Row & { readonly isSuperseded: number }>(
    `SELECT statement, terms, EXISTS (SELECT 1 FROM net_statements AS n
         WHERE (n.one, n.other, n.period, n.from_ms, n.to_ms) = (s.one, s.other, s.period, s.from_ms, s.to_ms)
           AND n.place > s.place) AS isSuperseded
     FROM net_statements AS s
     WHERE (@isp IS NULL OR @isp IN (one, other)) AND (@with IS NULL OR @with IN (one, other))
     ORDER BY place DESC LIMIT ${MAX_LISTED}`,
  );
  return {
    add(statement, terms, { upToEvent, upToMove }) {
      const { one, other, period, fromMs, toMs } = statement;
      insert.run({
        ...{ one, other, period, fromMs, toMs, upToEvent, upToMove },
        ...{ terms: JSON.stringify(terms), statement: JSON.stringify(statement) },
      });
    },
    get({ one, other, period, fromMs, toMs }) {
      const row = select.get({ one, other, period, fromMs, toMs });
      return row && keptOf(row);
    },
    list: (isp, other) =>
      selectAll
        .all({ isp: isp ?? null, with: other ?? null })
        .map(({ isSuperseded, ...row }) => ({ ...keptOf(row), isSuperseded: isSuperseded === 1 })),
  };
}

interface Row {
  readonly statement: string;
  readonly terms: string;
}

const keptOf = ({ statement, terms }: Row): KeptStatement => ({
  figures: JSON.parse(statement) as StatementFigures,
  terms: JSON.parse(terms) as string[],
});
