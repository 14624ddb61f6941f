import { setTimeout as delay } from 'node:timers/promises';
import { FairhopError } from '@fairhop/shared/model';
import type { Clock, Logger, Service } from '@fairhop/shared/service';
import { Agent } from 'undici';
import type { AltoMaps, AltoState } from './alto-maps.js';
import type { AltoDocuments, AltoSource } from './alto-store.js';
import { createPublicConnector } from './connect-public.js';
import { type FetchedMaps, fetchMaps } from './fetch-maps.js';

type UrlSource = AltoSource & { readonly url: string };

export interface AltoRefresh extends Service {
  /** Fetches the maps now and keeps them and where they come from. Throws what `fetchMaps` and `AltoMaps.put` throw. */
  follow(source: UrlSource): Promise<AltoState>;
  /** Fetches what is due. */
  check(): Promise<void>;
}

/** Once a minute is as fresh as a map of a network needs to be, and half an hour as old as a cost should get. */
const MIN_REFRESH_MS = 60_000;
const MAX_REFRESH_MS = 30 * 60_000;
const DEFAULT_REFRESH_MS = 5 * 60_000;
/** After a failure; it doubles with each further one up to the longest refresh. */
const RETRY_MS = 30_000;
/** For all documents of an ISP together. */
const FETCH_TIMEOUT_MS = 20_000;
/** Documents of at most 8 MiB each. */
const MAX_CONCURRENT = 4;
const CHECK_INTERVAL_MS = 1_000;

export interface AltoRefreshConfig {
  /** Whether servers may be at addresses that are not public. */
  readonly altoPrivateAddresses: boolean;
}

/** Keeps the maps that come from a URL as their servers have them. */
export function createAltoRefresh(
  { altoPrivateAddresses }: AltoRefreshConfig,
  { maps, clock, log }: { maps: AltoMaps; clock: Clock; log: Logger },
): AltoRefresh {
  const ended = new AbortController();
  const dispatcher = new Agent({
    connections: 2,
    connect: altoPrivateAddresses ? { timeout: 10_000 } : createPublicConnector(),
  });
  /** When the next request is due, and how many failed in a row; by ISP, for the source that it is of. */
  const schedule = new Map<string, { source: AltoSource; dueMs: number; failures: number }>();
  let ticking: Promise<void> = Promise.resolve();

  const fetchNow = (source: UrlSource, known: AltoDocuments | undefined): Promise<FetchedMaps> => {
    const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
    return fetchMaps(source, known, { dispatcher, signal });
  };
  const plan = (source: AltoSource, maxAgeMs = DEFAULT_REFRESH_MS): void => {
    const waitMs = Math.min(Math.max(maxAgeMs, MIN_REFRESH_MS), MAX_REFRESH_MS);
    schedule.set(source.isp, { source, dueMs: clock.nowMs() + waitMs, failures: 0 });
  };
  const planRetry = (source: AltoSource): void => {
    const failures = (schedule.get(source.isp)?.failures ?? 0) + 1;
    const waitMs = Math.min(RETRY_MS * 2 ** (failures - 1), MAX_REFRESH_MS);
    schedule.set(source.isp, { source, dueMs: clock.nowMs() + waitMs, failures });
  };
  /** Whether the ISP did not give something else meanwhile. */
  const isCurrent = (source: AltoSource): boolean => maps.states().some((state) => state.source === source);

  const refetch = async (source: UrlSource): Promise<void> => {
    const known = maps.documents(source.isp);
    try {
      const { documents, maxAgeMs } = await fetchNow(source, known);
      if (!isCurrent(source)) return;
      const isSame = documents.networkMap === known?.networkMap && documents.costMap === known.costMap;
      if (isSame) maps.confirm(source.isp);
      else maps.put(source, documents);
      plan(source, maxAgeMs);
    } catch (error) {
      if (ended.signal.aborted || !isCurrent(source)) return;
      const failure =
        error instanceof FairhopError
          ? error
          : new FairhopError('internal', 'the maps could not be taken in');
      log.warn({ err: error, isp: source.isp, url: source.url }, 'the ALTO maps could not be fetched');
      maps.fail(source.isp, failure);
      planRetry(source);
    }
  };

  const check = async (): Promise<void> => {
    maps.expire();
    const nowMs = clock.nowMs();
    const due: UrlSource[] = [];
    for (const { source } of maps.states()) {
      const planned = schedule.get(source.isp);
      const isPlanned = planned?.source === source && planned.dueMs > nowMs;
      if (hasUrl(source) && !isPlanned) due.push(source);
    }
    const work = due.values();
    const worker = async (): Promise<void> => {
      for (const source of work) await refetch(source);
    };
    await Promise.all(Array.from({ length: MAX_CONCURRENT }, worker));
  };
  const tick = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await check();
      await delay(CHECK_INTERVAL_MS, undefined, { signal: ended.signal, ref: false }).catch(() => undefined);
    }
  };

  return {
    async start() {
      ticking = tick();
    },
    async stop() {
      ended.abort();
      await ticking;
      await dispatcher.destroy();
    },
    async follow(source) {
      const { documents, maxAgeMs } = await fetchNow(source, undefined);
      const state = maps.put(source, documents);
      plan(state.source, maxAgeMs);
      return state;
    },
    check,
  };
}

const hasUrl = (source: AltoSource): source is UrlSource => source.url !== undefined;
