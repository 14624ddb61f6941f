import { BIN_MS } from '@fairhop/shared/model';
import { toSafeInteger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { BINS_PER_HOUR, binColumns } from './schema.js';

/**
 * Bytes of an owner that were delivered to clients, whatever it took to fill edges, in the 5-minute bins that begin within
 * [fromMs, toMs); exact. 0 for an owner without deliveries.
 */
export function createOwnerBytes(
  database: Database,
): (owner: string, fromMs: number, toMs: number) => number {
  const selectOwner = database.prepare<[string], number>('SELECT id FROM owners WHERE name = ?').pluck();
  const sumHours = database
    .prepare<[number, number, number], number | null>(
      'SELECT sum(bytes) FROM owner_delivery_hours WHERE subject = ? AND hour >= ? AND hour < ?',
    )
    .pluck();
  const selectHour = database
    .prepare<[number, number], number[]>(
      `SELECT ${binColumns.join(', ')} FROM owner_delivery_hours WHERE subject = ? AND hour = ?`,
    )
    .raw();

  return (owner, fromMs, toMs) => {
    const id = selectOwner.get(owner);
    const fromBin = Math.ceil(fromMs / BIN_MS);
    const toBin = Math.ceil(toMs / BIN_MS);
    if (id === undefined || toBin <= fromBin) return 0;
    const part = (from: number, to: number): number => {
      const bins = from < to ? selectHour.get(id, Math.floor(from / BINS_PER_HOUR)) : undefined;
      const first = from % BINS_PER_HOUR;
      return (bins ?? []).slice(first, first + to - from).reduce((sum, bytes) => sum + bytes, 0);
    };
    const firstHour = Math.ceil(fromBin / BINS_PER_HOUR);
    const lastHour = Math.floor(toBin / BINS_PER_HOUR);
    const bytes =
      firstHour > lastHour
        ? part(fromBin, toBin)
        : part(fromBin, firstHour * BINS_PER_HOUR) +
          (sumHours.get(id, firstHour, lastHour) ?? 0) +
          part(lastHour * BINS_PER_HOUR, toBin);
    return toSafeInteger(bytes, `bytes of owner ${owner}`);
  };
}
