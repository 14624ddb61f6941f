import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createChance } from '../simulation/random.js';
import { createRoutes, type Routes } from './network.js';
import { createTraffic, type Told } from './traffic.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ROUTE_CHANGES = 12;

/** A little beyond the quarter at both ends, in every zone. */
const FROM_MS = Date.UTC(2026, 8, 30, 12);
const TO_MS = Date.UTC(2027, 0, 1, 12);

/** Edges of months in the zones of contracts, changes of clocks, a contract's begin and end. */
const edgesMs = [
  ...[Date.UTC(2026, 8, 30, 18, 30), Date.UTC(2026, 8, 30, 23), Date.UTC(2026, 9, 1, 4)],
  ...[Date.UTC(2026, 9, 25), Date.UTC(2026, 9, 25, 1), Date.UTC(2026, 9, 25, 2)],
  ...[
    Date.UTC(2026, 9, 31, 18, 30),
    Date.UTC(2026, 10, 1),
    Date.UTC(2026, 10, 1, 4),
    Date.UTC(2026, 10, 1, 6),
  ],
  ...[Date.UTC(2026, 10, 30, 18, 30), Date.UTC(2026, 11, 1), Date.UTC(2026, 11, 1, 5)],
  ...[Date.UTC(2026, 11, 31, 18, 30), Date.UTC(2027, 0, 1), Date.UTC(2027, 0, 1, 5)],
  ...[Date.UTC(2026, 9, 13, 10, 35), Date.UTC(2026, 11, 15, 7, 20)],
];

/** What truly happens in a quarter, whatever arrives of it when. */
export async function createQuarter(
  seed: number,
  { transfers, flows }: { readonly transfers: number; readonly flows: number },
): Promise<{ routes: Routes; told: Told[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-traffic-'));
  const chance = createChance(seed);
  const days = Math.floor((TO_MS - FROM_MS) / DAY_MS);
  const changesMs = Array.from(
    { length: ROUTE_CHANGES },
    () => FROM_MS + chance.below(days) * DAY_MS + chance.between(16, 22) * HOUR_MS + chance.below(HOUR_MS),
  ).sort((left, right) => left - right);
  const routes = createRoutes(chance, [...new Set(changesMs)]);
  try {
    const hotMs = [...edgesMs, ...changesMs.flatMap((timeMs) => [timeMs, timeMs + 60_000])];
    const told = await createTraffic(chance, {
      ...{ transfers, flows, fromMs: FROM_MS, toMs: TO_MS, hotMs, directory },
    });
    return { routes, told };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
