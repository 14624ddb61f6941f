import { type AgentKey, type Asn, BLOCK_BYTES, FairhopError, type Manifest } from '@fairhop/shared/model';
import type { PieceStore } from '../storage/piece-store.js';
import { Assigner } from './assigner.js';
import type { BlockSource } from './block-source.js';
import type { DownloadCounters } from './counters.js';
import { createEntryPlan } from './entry-plan.js';
import { PieceBoard } from './piece-board.js';
import { PieceCompletion } from './piece-completion.js';
import { createPieceVerifier, type FetchLeaves } from './piece-verifier.js';
import { Requests } from './requests.js';
import { SourceRegistry } from './source-registry.js';
import type { SourceState } from './source-state.js';
import { Tally } from './tally.js';
import type { Timers } from './timers.js';
import { createTokenBucket } from './token-bucket.js';

/** How often it is looked whether there is any source. */
const ALONE_CHECK_MS = 250;

export interface DownloadConfig {
  readonly manifest: Manifest;
  /** `in-order` for playing while downloading: a window of pieces in order, the rest rarest first. */
  readonly mode: 'rarest' | 'in-order';
  /** Payload over all sources; undefined is unlimited. */
  readonly rateBitsPerSecond?: number | undefined;
  /** A download slower than this, and than the edge alone, gets any piece from other ISPs and from the edge. */
  readonly qualityFloorBitsPerSecond: number;
  /** How long a download waits without any source before it ends. */
  readonly noSourcesTimeoutMs: number;
  readonly own: AgentKey;
}

export interface DownloadDependencies {
  readonly store: PieceStore;
  readonly timers: Timers;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly fetchLeaves: FetchLeaves;
  readonly ownAsn: () => Asn | null;
  /** A piece is verified and on disk. */
  readonly onVerified: (piece: number) => void;
  /** A source sent wrong bytes and was dropped; `blocks` is empty when all of the piece came from it. */
  readonly onBadData: (source: BlockSource, piece: number, blocks: number[]) => void;
}

interface DownloadSnapshot extends DownloadCounters {
  readonly sizeBytes: number;
  readonly verifiedBytes: number;
  readonly rateBitsPerSecond: number;
  /** Undefined while nothing arrives. */
  readonly timeLeftMs: number | undefined;
  /** Sources that are connected, and those that were and gave something. */
  readonly sources: readonly { readonly source: BlockSource; readonly verifiedBytes: number }[];
}

export interface Download {
  /** Settles when the content is complete, or with the error that ended it; what was verified is then on disk. */
  readonly finished: Promise<void>;
  start(): void;
  addSource(source: BlockSource, agent?: AgentKey): void;
  /** See `onNetFetchers` of the coordinator's `sources`. */
  setFetchers(keys: readonly AgentKey[]): void;
  /** Peers that are being connected to: the edge does not take their place before that failed. */
  setPeersExpected(expected: boolean): void;
  fail(error: Error): void;
  snapshot(): DownloadSnapshot;
}

/** Downloads one content from edges and peers into a store. */
export function createDownload(config: DownloadConfig, deps: DownloadDependencies): Download {
  return new DownloadEngine(config, deps);
}

interface Settle {
  resolve(): void;
  reject(error: Error): void;
}

/**
 * The life of a download. The road of a piece: the assigner begins it, requests bring its blocks, its completion verifies
 * and writes it.
 */
class DownloadEngine implements Download {
  readonly finished: Promise<void>;
  readonly #config: DownloadConfig;
  readonly #deps: DownloadDependencies;
  readonly #settle: Settle;
  readonly #pieces: PieceBoard;
  readonly #sources: SourceRegistry;
  readonly #tally: Tally;
  readonly #plan;
  readonly #requests: Requests;
  readonly #completion: PieceCompletion;
  readonly #assigner: Assigner;
  #peersExpected = false;
  #aloneSinceMs: number | undefined;
  #state: 'new' | 'running' | 'ending' | 'ended' = 'new';
  #cancelCheck: (() => void) | undefined;

  constructor(config: DownloadConfig, deps: DownloadDependencies) {
    const { manifest, mode, own, rateBitsPerSecond, qualityFloorBitsPerSecond } = config;
    const { timers, random, store } = deps;
    this.#config = config;
    this.#deps = deps;
    const pieces = new PieceBoard(manifest);
    const sources = new SourceRegistry(pieces.states.length);
    const tally = new Tally(deps.ownAsn);
    const plan = createEntryPlan(own, manifest.contentId, pieces.states.length);
    const verifier = createPieceVerifier(manifest, deps.fetchLeaves);
    const bucket =
      rateBitsPerSecond === undefined
        ? undefined
        : // A quarter of a second may be saved up: what the pause between two requests costs is caught up.
          createTokenBucket(rateBitsPerSecond, Math.max(BLOCK_BYTES, rateBitsPerSecond / 32), timers.nowMs());
    const onRoom = (): void => this.#assigner.schedule();
    const requests = new Requests({
      timers,
      pieces,
      sources,
      tally,
      bucket,
      onBlocks: (assembly, blocks) => void this.#completion.blocksArrived(assembly, blocks),
      onEntered: plan.noteOwnEntry,
      onRoom,
      onGone: () => this.#assigner.lookAgain(),
    });
    const completion = new PieceCompletion({
      timers,
      store,
      pieces,
      requests,
      verifier,
      tally,
      onBadData: deps.onBadData,
      onWritten: (piece) => this.#onWritten(piece),
      onFailed: (error) => this.fail(error),
      onRoom,
    });
    this.#assigner = new Assigner(
      { mode, qualityFloorBitsPerSecond, rateBitsPerSecond },
      { timers, random, bucket, pieces, sources, requests, completion, plan, tally },
    );
    this.#pieces = pieces;
    this.#sources = sources;
    this.#tally = tally;
    this.#plan = plan;
    this.#requests = requests;
    this.#completion = completion;
    let settle: Settle | undefined;
    this.finished = new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.#settle = settle!;
    // Whoever waits for it gets the error; nobody may.
    this.finished.catch(() => undefined);
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'running';
    for (let piece = 0; piece < this.#pieces.states.length; piece++)
      if (this.#deps.store.has(piece)) this.#pieces.hold(piece);
    this.#assigner.start();
    this.#checkAlone();
    this.#endIfComplete();
  }

  addSource(source: BlockSource, agent?: AgentKey): void {
    if (this.#state === 'ending' || this.#state === 'ended') {
      source.close('done');
      return;
    }
    const state = this.#sources.add(source, agent);
    const all = Array.from(this.#pieces.states.keys());
    source.onChange = (gained = all) => this.#readHoldings(state, gained);
    source.onFailed = (error) => this.fail(error);
    this.#readHoldings(state, all);
    const forget = (): void => this.#requests.forget(state);
    source.closed.then(forget, forget);
  }

  setFetchers(keys: readonly AgentKey[]): void {
    this.#plan.setFetchers(keys, this.#deps.timers.nowMs());
    this.#assigner.lookAgain();
  }

  setPeersExpected(expected: boolean): void {
    this.#peersExpected = expected;
    this.#assigner.setPeersExpected(expected);
  }

  fail(error: Error): void {
    void this.#end(error);
  }

  snapshot(): DownloadSnapshot {
    const { sizeBytes } = this.#config.manifest;
    const { heldBytes } = this.#pieces;
    const bytesPerSecond = this.#tally.bytesPerSecond(this.#deps.timers.nowMs());
    return {
      ...this.#tally.counters,
      sizeBytes,
      verifiedBytes: heldBytes,
      rateBitsPerSecond: Math.round(bytesPerSecond * 8),
      timeLeftMs:
        bytesPerSecond > 0 ? Math.round(((sizeBytes - heldBytes) * 1000) / bytesPerSecond) : undefined,
      sources: this.#sources.givers,
    };
  }

  #readHoldings(state: SourceState, pieces: readonly number[]): void {
    const { agent, onNet } = state;
    const nowMs = this.#deps.timers.nowMs();
    this.#sources.readHoldings(state, pieces, (piece) => {
      if (agent !== undefined && onNet) this.#plan.noteEntered(agent, piece, nowMs);
    });
    this.#assigner.schedule();
  }

  /** Without any source for a while, a download ends. */
  #checkAlone(): void {
    const { timers } = this.#deps;
    const { manifest, noSourcesTimeoutMs } = this.#config;
    this.#cancelCheck = timers.after(ALONE_CHECK_MS, () => this.#checkAlone());
    const nowMs = timers.nowMs();
    if (this.#sources.list.length > 0 || this.#peersExpected) this.#aloneSinceMs = undefined;
    else this.#aloneSinceMs ??= nowMs;
    if (this.#aloneSinceMs === undefined || nowMs - this.#aloneSinceMs <= noSourcesTimeoutMs) return;
    const percent = Math.floor((100 * this.#pieces.heldBytes) / manifest.sizeBytes);
    const seconds = Math.round(noSourcesTimeoutMs / 1000);
    const message = `No edge or peer serves content ${manifest.contentId} (none for ${seconds} s, ${percent} % is verified and kept); try again later`;
    this.fail(new FairhopError('no-sources', message, { status: 503 }));
  }

  #onWritten(piece: number): void {
    this.#pieces.hold(piece);
    this.#deps.onVerified(piece);
    // Another piece plays next.
    if (this.#config.mode === 'in-order') this.#assigner.lookAgain();
    else this.#assigner.schedule();
    this.#endIfComplete();
  }

  #endIfComplete(): void {
    if (this.#state === 'running' && this.#pieces.complete) void this.#end(undefined);
  }

  async #end(error: Error | undefined): Promise<void> {
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#state = 'ending';
    this.#assigner.stop();
    this.#cancelCheck?.();
    const reason = error instanceof FairhopError ? error.code : error ? 'failed' : 'done';
    for (const source of this.#sources.list) this.#requests.drop(source, reason);
    // Pieces that are verified already are kept.
    await this.#completion.settled();
    this.#pieces.clear();
    this.#state = 'ended';
    if (error) this.#settle.reject(error);
    else this.#settle.resolve();
  }
}
