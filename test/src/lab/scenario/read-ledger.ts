import type { ComponentRecord, LedgerEvent } from '@fairhop/shared/contract';
import { forEachConcurrently } from '../build/run-command.js';
import type { Services } from './services.js';

const PAGE = 1000;
/** One HTTP client has so many connections. */
const CONCURRENCY = 8;

/** Pages until one is not full. */
async function readAll<Row extends { readonly id: number }>(
  page: (afterId: number) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const all: Row[] = [];
  for (;;) {
    const rows = await page(all.at(-1)?.id ?? 0);
    all.push(...rows);
    if (rows.length < PAGE) return all;
  }
}

/** All that is booked, in booking order. */
export const readEvents = ({ accounting }: Services): Promise<LedgerEvent[]> =>
  readAll(async (afterId) => (await accounting.listEvents({ query: { afterId, limit: PAGE } })).events);

/** The records of each component that is on a path of these rows, by component. */
export async function readComponentRecords(
  { networks }: Services,
  events: readonly LedgerEvent[],
): Promise<Map<string, readonly ComponentRecord[]>> {
  const components = [...new Set(events.flatMap(({ path }) => path?.components ?? []))];
  const read = await forEachConcurrently(
    components,
    async (component) => {
      const records = await readAll(async (afterId) => {
        const answer = await networks.listComponentRecords({
          params: { component },
          query: { afterId, limit: PAGE },
        });
        return answer.records.map((record) => ({ ...record, id: record.eventId }));
      });
      return [component, records] as const;
    },
    CONCURRENCY,
  );
  return new Map(read);
}
