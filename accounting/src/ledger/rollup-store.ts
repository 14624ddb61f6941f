import type { Database } from 'better-sqlite3';
import type { HourSum, RollupDeltas } from './rollup-deltas.js';
import { binColumns, ERA_HOURS } from './schema.js';

export interface RollupStore {
  add(deltas: RollupDeltas): void;
}

/** Writes what a batch adds to the rollups, within the caller's transaction. */
export function createRollupStore(database: Database): RollupStore {
  const routeHours = hourWriter(database, 'route_hours');
  const ownerHours = hourWriter(database, 'owner_hours');
  const ownerDeliveryHours = hourWriter(database, 'owner_delivery_hours');
  const ownerRouteHour = database.prepare(
    `INSERT INTO owner_route_hours (era, owner, route, hour, events, bytes) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes`,
  );
  const hostFile = database.prepare(
    `INSERT INTO host_files (host, file, events, bytes) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET events = events + excluded.events, bytes = bytes + excluded.bytes`,
  );
  return {
    add(deltas) {
      routeHours(deltas.routeHours);
      ownerHours(deltas.ownerHours);
      ownerDeliveryHours(deltas.ownerDeliveryHours);
      for (const { subject, hour, owners } of deltas.routeHours) {
        const era = Math.floor(hour / ERA_HOURS);
        for (const [owner, { events, bytes }] of owners)
          ownerRouteHour.run(era, owner, subject, hour, events, bytes);
      }
      for (const [host, files] of deltas.hostFiles)
        for (const [file, { events, bytes }] of files) hostFile.run(host, file, events, bytes);
    },
  };
}

function hourWriter(database: Database, table: string): (sums: Iterable<HourSum>) => void {
  const columns = ['events', 'bytes', ...binColumns];
  const upsert = database.prepare(
    `INSERT INTO ${table} (subject, hour, ${columns.join(', ')})
     VALUES (?, ?, ${columns.map(() => '?').join(', ')})
     ON CONFLICT DO UPDATE SET ${columns.map((column) => `${column} = ${column} + excluded.${column}`).join(', ')}`,
  );
  return (sums) => {
    for (const { subject, hour, events, bytes, bins } of sums)
      upsert.run(subject, hour, events, bytes, ...bins);
  };
}
