import type { LedgerEvent } from '@fairhop/shared/contract';
import { readEvents } from './read-ledger.js';
import type { Services } from './services.js';
import type { Subscriber } from './subscribers.js';
import { waitUntil } from './wait-until.js';

const TIMEOUT_MS = 60_000;

/** Waits until all that agents and the edge have to report is booked, and gives what is. */
export async function settledEvents(
  services: Services,
  subscribers: readonly Subscriber[],
  signal: AbortSignal,
): Promise<LedgerEvent[]> {
  const { events } = await waitUntil(
    'all is reported',
    async () => {
      const statuses = await Promise.all(subscribers.map(({ control }) => control.status()));
      const read = await readEvents(services);
      return {
        unreported: statuses.reduce((total, status) => total + status.unreported, 0),
        bookedBytes: read
          .filter(({ kind }) => kind !== 'client-to-client')
          .reduce((total, { bytes }) => total + bytes, 0),
        edgeBytes: await bytesOfEdge(services),
        events: read,
      };
    },
    ({ unreported, bookedBytes, edgeBytes }) => unreported === 0 && bookedBytes === edgeBytes,
    { timeoutMs: TIMEOUT_MS, signal },
  );
  return events;
}

/** Payload that the edge's own counters say it sent to clients and got from the origin. */
async function bytesOfEdge({ edgeUrl }: Services): Promise<number> {
  const text = await (await fetch(`${edgeUrl}/metrics`)).text();
  const counted = text.matchAll(/^fairhop_edge_bytes_total\{[^}]*\} (\d+)$/gm);
  return [...counted].reduce((total, [, bytes]) => total + Number(bytes), 0);
}
