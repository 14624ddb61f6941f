import { FairhopError, type AltoMaps as GivenMaps } from '@fairhop/shared/model';
import { type AltoMap, createAltoMap } from '@fairhop/shared/net';
import type { Clock, Logger } from '@fairhop/shared/service';
import { createListeners } from '../listeners.js';
import type { AltoKnowledge } from '../session/dependencies.js';
import type { AltoDocuments, AltoSource, AltoStore } from './alto-store.js';
import { pidsIn } from './pids-in.js';

/** What an ISP gave, and how it is. */
export interface AltoState {
  readonly source: AltoSource;
  readonly map: AltoMap;
  readonly confirmedMs: number;
  /** False when it is too old. */
  readonly isInForce: boolean;
  /** Of the latest request, when it failed. */
  readonly failure?: { readonly timeMs: number; readonly code: string; readonly message: string };
}

export interface AltoMaps extends AltoKnowledge {
  /** Throws `alto-unknown` (404). */
  state(isp: string): AltoState;
  states(): readonly AltoState[];
  documents(isp: string): AltoDocuments | undefined;
  /** In place of what the ISP gave before. Throws what `createAltoMap` throws, and `too-many-alto-maps` (409). */
  put(source: AltoSource, documents: AltoDocuments): AltoState;
  /** The server said that the map holds still. */
  confirm(isp: string): void;
  fail(isp: string, error: FairhopError): void;
  /** Throws `alto-unknown` (404). */
  remove(isp: string): void;
  /** Takes maps out of force that nobody confirmed for too long. */
  expire(): void;
}

/** With 1,000 PIDs a map takes 16 MB; those of most ISPs have dozens. */
const MAX_ISPS = 100;
/** A map whose server fails stays in force that long after it was last confirmed: networks seldom change from day to day. */
export const MAX_AGE_MS = 24 * 3_600_000;

type MutableState = { -readonly [Key in keyof AltoState]: AltoState[Key] };

/** All ISPs' maps, in memory as selection needs them. */
export function createAltoMaps(store: AltoStore, { clock, log }: { clock: Clock; log: Logger }): AltoMaps {
  const changed = createListeners<void>();
  const states = new Map<string, MutableState>();
  let inForce: ReadonlyMap<string, AltoMap> = new Map();

  const isYoung = ({ source, confirmedMs }: AltoState): boolean =>
    source.url === undefined || clock.nowMs() - confirmedMs <= MAX_AGE_MS;
  const refresh = (): void => {
    for (const state of states.values()) state.isInForce = isYoung(state);
    const next = new Map(
      [...states].filter(([, { isInForce }]) => isInForce).map(([isp, { map }]) => [isp, map] as const),
    );
    const isSame = next.size === inForce.size && [...next].every(([isp, map]) => inForce.get(isp) === map);
    if (isSame) return;
    inForce = next;
    changed.tell();
  };
  const requireState = (isp: string): MutableState => {
    const state = states.get(isp);
    if (state) return state;
    throw new FairhopError('alto-unknown', `ISP ${isp} gave no ALTO map`, { status: 404 });
  };

  for (const { source, confirmedMs } of store.list()) {
    try {
      // Stored together with its source.
      const map = createAltoMap(mapsOf(store.documents(source.isp)!));
      states.set(source.isp, { source, map, confirmedMs, isInForce: false });
    } catch (error) {
      log.error({ err: error, isp: source.isp }, 'a stored ALTO map cannot be read; it is not used');
    }
  }
  refresh();

  return {
    maps: () => inForce,
    pidsOf: (address) => pidsIn(inForce, address),
    onChange: changed.add,
    state: requireState,
    states: () => [...states.values()],
    documents: store.documents,
    put(source, documents) {
      const { isp } = source;
      if (!states.has(isp) && states.size >= MAX_ISPS) {
        const message = `${MAX_ISPS} ISPs gave ALTO maps, which is the most; remove one`;
        throw new FairhopError('too-many-alto-maps', message, { status: 409 });
      }
      const map = createAltoMap(mapsOf(documents));
      const confirmedMs = clock.nowMs();
      store.put({ source, confirmedMs }, documents);
      const state = { source, map, confirmedMs, isInForce: true };
      states.set(isp, state);
      refresh();
      return state;
    },
    confirm(isp) {
      const state = requireState(isp);
      state.confirmedMs = clock.nowMs();
      delete state.failure;
      store.confirm(isp, state.confirmedMs);
      refresh();
    },
    fail(isp, { code, message }) {
      requireState(isp).failure = { timeMs: clock.nowMs(), code, message };
    },
    remove(isp) {
      requireState(isp);
      store.remove(isp);
      states.delete(isp);
      refresh();
    },
    expire: refresh,
  };
}

const mapsOf = ({ networkMap, costMap }: AltoDocuments): GivenMaps => ({
  networkMap: networkMap.content,
  costMap: costMap.content,
});
