import type { Database } from 'better-sqlite3';
import { BINS_PER_HOUR, binColumns } from '../ledger/schema.js';
import type { OpenBelief } from './decide.js';
import type { Change } from './move-rows.js';

interface HourChange {
  readonly hour: number;
  readonly route: number;
  readonly owner: number;
  readonly belief: OpenBelief;
  readonly bins: number[];
}

/** What is not billable, by hour, route, owner and belief: few rows, since nearly everything settles within minutes. */
export interface Unbillable {
  /** Within the caller's transaction. */
  write(): void;
  add(changes: readonly Change[]): void;
  forget(): void;
}

export function createUnbillable(database: Database): Unbillable {
  const update = database.prepare(
    `INSERT INTO unbillable_hours (hour, route, owner, belief, bytes, ${binColumns.join(', ')})
     VALUES (?, ?, ?, ?, ?, ${binColumns.map(() => '?').join(', ')})
     ON CONFLICT DO UPDATE SET ${['bytes', ...binColumns].map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}
     RETURNING bytes`,
  );
  const remove = database.prepare(
    'DELETE FROM unbillable_hours WHERE hour = ? AND route = ? AND owner = ? AND belief = ?',
  );
  const hours = new Map<string, HourChange>();
  return {
    add(changes) {
      for (const { row, belief, bytes } of changes) {
        const { bin, route, owner } = row;
        const hour = Math.floor(bin / BINS_PER_HOUR);
        const key = `${hour} ${route} ${owner} ${belief}`;
        let sums = hours.get(key);
        if (sums === undefined) {
          sums = { hour, route, owner, belief, bins: binColumns.map(() => 0) };
          hours.set(key, sums);
        }
        sums.bins[bin % BINS_PER_HOUR]! += bytes;
      }
    },
    write() {
      for (const { hour, route, owner, belief, bins } of hours.values()) {
        // What is claimed and confirmed in one batch never was there.
        if (bins.every((bytes) => bytes === 0)) continue;
        const bytes = bins.reduce((sum, one) => sum + one, 0);
        const left = update.get(hour, route, owner, belief, bytes, ...bins) as { bytes: number };
        if (left.bytes === 0) remove.run(hour, route, owner, belief);
      }
      hours.clear();
    },
    forget: () => hours.clear(),
  };
}
