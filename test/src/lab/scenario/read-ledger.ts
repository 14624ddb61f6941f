import type { ComponentRecord, LedgerEvent } from '@fairhop/shared/contract';
import { forEachConcurrently } from '../build/run-command.js';
import type { Services } from './services.js';
import type { Trace } from './traced-routers.js';

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

/** All traceroutes that are kept, in booking order. */
export const readTraces = async ({ networks }: Services): Promise<Trace[]> =>
  (
    await readAll(
      async (afterId) => (await networks.listEvidence({ query: { afterId, limit: PAGE } })).evidence,
    )
  ).map(({ record }) => record);

/** All components and hosts that carried bytes. */
export async function readComponentIds({ networks }: Services): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const { components } = await networks.listComponents({
      query: { limit: PAGE, ...(after !== undefined && { after }) },
    });
    ids.push(...components.map(({ id }) => id));
    if (components.length < PAGE) return ids;
  }
}

/** The records of each of these components. */
export async function readComponentRecords(
  { networks }: Services,
  components: readonly string[],
): Promise<Map<string, readonly ComponentRecord[]>> {
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
