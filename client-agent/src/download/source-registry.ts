import type { AgentKey } from '@fairhop/shared/model';
import type { BlockSource } from './block-source.js';
import { SourceState } from './source-state.js';

/** Sources that ended, for the summary: more than a day-long download meets. */
const MAX_REMEMBERED_SOURCES = 1024;

/** The sources of a download, and how many of the peers among them hold each piece. */
export class SourceRegistry {
  readonly holders: Uint16Array;
  readonly onNetHolders: Uint16Array;
  readonly #sources = new Map<number, SourceState>();
  readonly #gone: SourceState[] = [];
  #list: readonly SourceState[] = [];
  #nextId = 0;

  constructor(readonly pieces: number) {
    this.holders = new Uint16Array(pieces);
    this.onNetHolders = new Uint16Array(pieces);
  }

  get list(): readonly SourceState[] {
    return this.#list;
  }

  /** Those that are connected, and those that were and gave something. */
  get givers(): readonly SourceState[] {
    return [...this.#list, ...this.#gone];
  }

  get hasPeers(): boolean {
    return this.#list.some(({ kind }) => kind === 'peer');
  }

  get onNetPeers(): number {
    return this.#list.filter(({ kind, onNet }) => kind === 'peer' && onNet).length;
  }

  get(id: number): SourceState | undefined {
    return this.#sources.get(id);
  }

  add(source: BlockSource, agent: AgentKey | undefined): SourceState {
    const state = new SourceState(this.#nextId++, source, agent, this.pieces);
    this.#sources.set(state.id, state);
    this.#list = [...this.#sources.values()];
    return state;
  }

  /** False if it was gone already. */
  remove(state: SourceState): boolean {
    if (!this.#sources.delete(state.id)) return false;
    this.#list = [...this.#sources.values()];
    if (state.verifiedBytes > 0 && this.#gone.length < MAX_REMEMBERED_SOURCES) this.#gone.push(state);
    state.source.onChange = undefined;
    if (state.kind !== 'peer') return true;
    state.holdings.forEach((held, piece) => {
      if (held === 1) this.#count(state, piece, -1);
    });
    return true;
  }

  /** Reads what a source holds now, of these pieces or all; `onGain` is called for each piece that is new. */
  readHoldings(state: SourceState, pieces: Iterable<number>, onGain: (piece: number) => void): void {
    const { source, holdings } = state;
    state.exhausted = false;
    for (const piece of pieces) {
      const held = source.holds(piece) ? 1 : 0;
      const change = held - holdings[piece]!;
      if (change === 0) continue;
      holdings[piece] = held;
      if (state.kind === 'peer') this.#count(state, piece, change);
      if (change > 0) onGain(piece);
    }
  }

  #count({ onNet }: SourceState, piece: number, change: number): void {
    this.holders[piece]! += change;
    if (onNet) this.onNetHolders[piece]! += change;
  }
}
