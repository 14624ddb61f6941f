import type { Query } from '@fairhop/shared/contract';
import type { Select } from '../reading/index.js';

/** Without `only` bytes of each belief count, and rows tell it. */
export interface BeliefSelection {
  readonly only?: NonNullable<Query['belief']>;
}

/** What is added up: one number of the ledger over some of its rows. */
export interface Selection {
  readonly measure: 'bytes' | 'events';
  readonly isAllTime: boolean;
  /** Undefined is all. */
  readonly routes?: readonly number[];
  readonly owner?: number;
  readonly title?: number;
  readonly category?: string;
  /** Of what is believed of bytes; undefined where it does not matter. */
  readonly belief?: BeliefSelection;
  readonly sourceHost?: number;
  readonly destinationHost?: number;
  readonly by: {
    readonly route: boolean;
    readonly owner: boolean;
    readonly title: boolean;
    readonly category: boolean;
    readonly sourceHost: boolean;
    readonly destinationHost: boolean;
  };
  /** Sums per hour or bin of `time`. */
  readonly time?: 'hour' | 'bin';
}

/** Runs of event ids with the bins in them. */
export interface EventBlock {
  readonly block: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Columns of a result's row: those of `route`, `owner`, `title`, `category`, `sourceHost`, `destinationHost`, `belief` and `slot` (an
 * hour or a bin) that are asked for, and `value`; or, with `binMasks`, an hour as `slot` and the sums `b0` … `b11` of its bins.
 */
export interface Statement extends Select {
  readonly answeredBy: string;
  /** Bins that count by the hour's mask, which repeat. */
  readonly binMasks?: readonly number[];
  /** Counts the rows that have to be gone through. */
  readonly countRead: Select;
}

interface StatementParts {
  readonly answeredBy: string;
  /** Tables that are gone through: few keys first, then their ranges. */
  readonly from: readonly string[];
  /** Tables of which one row each is looked up. */
  readonly joins: readonly string[];
  /** `expression AS name`: what rows are grouped by. */
  readonly columns: readonly string[];
  readonly values: readonly string[];
  /** Conditions on keys, which are looked up. */
  readonly seeks: readonly string[];
  /** Conditions that rows are checked for. */
  readonly where: readonly string[];
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly binMasks?: readonly number[];
}

export function createStatement(parts: StatementParts): Statement {
  const { answeredBy, from, joins, columns, values, seeks, where, parameters, binMasks } = parts;
  const groups = columns.map((column) => column.slice(column.lastIndexOf(' ') + 1));
  const by = groups.length === 0 ? '' : ` GROUP BY ${groups.join(', ')}`;
  const list = [...columns, ...values].join(', ');
  // CROSS JOIN keeps this order.
  const sql = `SELECT ${list} FROM ${[...from, ...joins].join(' CROSS JOIN ')}${filter([...seeks, ...where])}${by}`;
  const countRead = `SELECT count(*) AS rowsRead FROM ${from.join(' CROSS JOIN ')}${filter(seeks)}`;
  return {
    sql,
    parameters,
    answeredBy,
    countRead: { sql: countRead, parameters },
    ...(binMasks && { binMasks }),
  };
}

const filter = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
