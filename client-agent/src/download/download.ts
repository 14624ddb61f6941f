import {
  type AgentKey,
  type Asn,
  BLOCK_BYTES,
  FairhopError,
  type Manifest,
  pieceCount,
  pieceSizeBytes,
} from '@fairhop/shared/model';
import type { PieceStore } from '../storage/piece-store.js';
import type { BlockSource } from './block-source.js';
import { createBufferPool } from './buffer-pool.js';
import { countVerified, countWasted, type DownloadCounters, zeroCounters } from './counters.js';
import { createEntryPlan } from './entry-plan.js';
import { createMovingRate } from './moving-rate.js';
import { type Job, PieceAssembly, type Range } from './piece-assembly.js';
import { createPieceVerifier, type FetchLeaves } from './piece-verifier.js';
import { nextAssignment, owesLittle } from './scheduler.js';
import { type Assignment, PIECE, type SchedulerJob, type SchedulerView } from './scheduler-view.js';
import { SourceState } from './source-state.js';
import type { Timers } from './timers.js';
import { createTokenBucket } from './token-bucket.js';

/** Bytes of one request: receipts come at least this often (wire/limits.ts). */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** Memory for pieces under way, and how many they are at most whatever their length. */
const ASSEMBLY_BYTES = 64 * 1024 * 1024;
const MAX_ASSEMBLIES = 256;
/** How often late requests and silent fetchers are looked at. */
const TICK_MS = 250;
/** Pieces that are fetched in order before the one that plays, and those of them that the edge serves if nobody else does. */
const WINDOW_PIECES = 32;
const URGENT_PIECES = 2;
/** A swarm is not called slow before it had this long. */
const FLOOR_GRACE_MS = 5000;
/** With less than this to go the edge repeats nothing: the swarm is done before that helps. */
const REPEAT_MIN_LEFT_MS = 2000;
/** Share of a fetcher's part of the content that the edge may bring in again while a swarm waits. */
const REPEAT_SHARE = 1 / 3;
/** Sources that ended, for the summary: more than a day-long download meets. */
const MAX_REMEMBERED_SOURCES = 1024;
/** Wrong pieces after which a source is dropped when no leaf layer told whose block was wrong. */
const MAX_SUSPICIONS = 3;

export interface DownloadConfig {
  readonly manifest: Manifest;
  /** `in-order` for playing while downloading: a window of pieces in order, the rest rarest first. */
  readonly mode: 'rarest' | 'in-order';
  /** Payload over all sources; undefined is unlimited. */
  readonly rateBitsPerSecond?: number | undefined;
  /** A swarm slower than this is helped by the edge with any piece. */
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

class DownloadEngine implements Download {
  readonly finished: Promise<void>;
  readonly #settle: Settle;
  readonly #states: Uint8Array;
  readonly #holders: Uint16Array;
  readonly #onNetHolders: Uint16Array;
  readonly #sources = new Map<number, SourceState>();
  readonly #assemblies = new Map<number, PieceAssembly<SourceState>>();
  readonly #writes = new Set<Promise<void>>();
  readonly #counters = zeroCounters();
  readonly #rate = createMovingRate();
  readonly #gone: SourceState[] = [];
  readonly #pool;
  readonly #plan;
  readonly #verifier;
  readonly #bucket;
  readonly #maxAssemblies: number;
  #nextSourceId = 0;
  #heldPieces = 0;
  #heldBytes = 0;
  #repeatBytes = 0;
  #peersExpected = false;
  #startedMs = 0;
  #aloneSinceMs: number | undefined;
  #state: 'new' | 'running' | 'ending' | 'ended' = 'new';
  #cancelSchedule: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;

  constructor(
    readonly config: DownloadConfig,
    readonly deps: DownloadDependencies,
  ) {
    const { manifest } = config;
    const pieces = pieceCount(manifest);
    this.#states = new Uint8Array(pieces);
    this.#holders = new Uint16Array(pieces);
    this.#onNetHolders = new Uint16Array(pieces);
    this.#maxAssemblies = Math.max(
      4,
      Math.min(MAX_ASSEMBLIES, Math.floor(ASSEMBLY_BYTES / manifest.pieceLengthBytes)),
    );
    this.#pool = createBufferPool(manifest.pieceLengthBytes);
    this.#plan = createEntryPlan(config.own, manifest.contentId, pieces);
    this.#verifier = createPieceVerifier(manifest, deps.fetchLeaves);
    this.#bucket =
      config.rateBitsPerSecond === undefined
        ? undefined
        : // A quarter of a second may be saved up: what the pause between two requests costs is caught up.
          createTokenBucket(
            config.rateBitsPerSecond,
            Math.max(BLOCK_BYTES, config.rateBitsPerSecond / 32),
            deps.timers.nowMs(),
          );
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
    this.#startedMs = this.#now();
    for (let piece = 0; piece < this.#states.length; piece++)
      if (this.deps.store.has(piece)) this.#setHeld(piece);
    this.#tick();
    this.#endIfComplete();
  }

  addSource(source: BlockSource, agent?: AgentKey): void {
    if (this.#state === 'ending' || this.#state === 'ended') {
      source.close('done');
      return;
    }
    const state = new SourceState(this.#nextSourceId++, source, agent, this.#states.length);
    this.#sources.set(state.id, state);
    source.onChange = () => {
      this.#readHoldings(state);
      this.#schedule();
    };
    source.closed.then(
      () => this.#removeSource(state),
      () => this.#removeSource(state),
    );
    this.#readHoldings(state);
    this.#schedule();
  }

  setFetchers(keys: readonly AgentKey[]): void {
    this.#plan.setFetchers(keys, this.#now());
    this.#schedule();
  }

  setPeersExpected(expected: boolean): void {
    this.#peersExpected = expected;
    this.#schedule();
  }

  fail(error: Error): void {
    void this.#end(error);
  }

  snapshot(): DownloadSnapshot {
    const nowMs = this.#now();
    const bytesPerSecond = this.#rate.bytesPerSecond(nowMs);
    const leftBytes = this.config.manifest.sizeBytes - this.#heldBytes;
    return {
      ...this.#counters,
      sizeBytes: this.config.manifest.sizeBytes,
      verifiedBytes: this.#heldBytes,
      rateBitsPerSecond: Math.round(bytesPerSecond * 8),
      timeLeftMs: bytesPerSecond > 0 ? Math.round((leftBytes * 1000) / bytesPerSecond) : undefined,
      sources: [...this.#sources.values(), ...this.#gone],
    };
  }

  #now(): number {
    return this.deps.timers.nowMs();
  }

  #readHoldings(state: SourceState): void {
    const { source, holdings } = state;
    const counts = state.kind === 'peer';
    for (let piece = 0; piece < holdings.length; piece++) {
      const holds = source.holds(piece) ? 1 : 0;
      const change = holds - holdings[piece]!;
      if (change === 0) continue;
      holdings[piece] = holds;
      if (!counts) continue;
      this.#holders[piece]! += change;
      if (!state.onNet) continue;
      this.#onNetHolders[piece]! += change;
      if (change > 0 && state.agent !== undefined) this.#plan.noteEntered(state.agent, piece, this.#now());
    }
  }

  #removeSource(state: SourceState): void {
    if (!this.#sources.delete(state.id)) return;
    if (state.verifiedBytes > 0 && this.#gone.length < MAX_REMEMBERED_SOURCES) this.#gone.push(state);
    state.source.onChange = undefined;
    for (let piece = 0; piece < state.holdings.length; piece++) {
      if (state.kind !== 'peer' || state.holdings[piece] === 0) continue;
      this.#holders[piece]! -= 1;
      if (state.onNet) this.#onNetHolders[piece]! -= 1;
    }
    for (const job of [...state.jobs]) {
      job.controller.abort();
      this.#endJob(job);
    }
    this.#schedule();
  }

  #dropSource(state: SourceState, reason: string): void {
    this.#removeSource(state);
    state.source.close(reason);
  }

  #tick(): void {
    if (this.#state !== 'running') return;
    this.#cancelTick = this.deps.timers.after(TICK_MS, () => this.#tick());
    const nowMs = this.#now();
    if (this.#sources.size > 0 || this.#peersExpected) this.#aloneSinceMs = undefined;
    else this.#aloneSinceMs ??= nowMs;
    if (this.#aloneSinceMs !== undefined && nowMs - this.#aloneSinceMs > this.config.noSourcesTimeoutMs) {
      const percent = Math.floor((100 * this.#heldBytes) / this.config.manifest.sizeBytes);
      const seconds = Math.round(this.config.noSourcesTimeoutMs / 1000);
      const message = `No edge or peer serves content ${this.config.manifest.contentId} (none for ${seconds} s, ${percent} % is verified and kept); try again later`;
      this.fail(new FairhopError('no-sources', message, { status: 503 }));
      return;
    }
    this.#schedule();
  }

  /** Decides once for all that happens in one turn of the event loop. */
  #schedule(): void {
    if (this.#state !== 'running' || this.#cancelSchedule) return;
    this.#cancelSchedule = this.deps.timers.after(0, () => {
      this.#cancelSchedule = undefined;
      this.#assign();
    });
  }

  #assign(): void {
    while (this.#state === 'running') {
      const nowMs = this.#now();
      const waitMs = this.#bucket?.waitMs(nowMs) ?? 0;
      if (waitMs > 0) {
        this.#cancelSchedule ??= this.deps.timers.after(waitMs, () => {
          this.#cancelSchedule = undefined;
          this.#assign();
        });
        return;
      }
      const jobs = [...this.#sources.values()].flatMap((state) => state.jobs);
      const assignment = nextAssignment(this.#view(nowMs, jobs), this.deps.random);
      if (!assignment || !this.#apply(assignment, jobs)) return;
    }
  }

  #view(nowMs: number, jobs: readonly Job<SourceState>[]): SchedulerView {
    this.#plan.refresh(nowMs);
    for (const state of this.#sources.values()) state.refresh(nowMs);
    const sources = [...this.#sources.values()];
    const firstMissing = this.#states.findIndex((state) => state !== PIECE.held);
    return {
      states: this.#states,
      holders: this.#holders,
      onNetHolders: this.#onNetHolders,
      sources,
      jobs: jobs.map((job) => this.#schedulerJob(job, nowMs)),
      mayEnter: (piece) => this.#plan.mayEnter(piece),
      weightOf: (piece) => this.#plan.weightOf(piece),
      sharesEntry: this.#plan.shared,
      mayStartPiece: this.#assemblies.size < this.#maxAssemblies,
      ...(this.config.mode === 'in-order' && {
        window: {
          from: firstMissing,
          to: firstMissing + WINDOW_PIECES,
          urgentTo: firstMissing + URGENT_PIECES,
        },
      }),
      edgeServesAll: this.#edgeServesAll(nowMs, sources),
      edgeRepeatBytes: this.#edgeRepeatBytes(nowMs, sources),
    };
  }

  #schedulerJob(job: Job<SourceState>, nowMs: number): SchedulerJob {
    const rivals = this.#assemblies.get(job.piece)?.jobs ?? new Set();
    return {
      sourceId: job.source.id,
      piece: job.piece,
      remainingBytes: job.to - job.next,
      queuedBytes: job.source.queuedBytes(job),
      silentMs: nowMs - Math.max(job.lastDataMs, job.source.lastDataMs),
      doubled: [...rivals].some((other) => other !== job && other.next < job.to && job.next < other.to),
    };
  }

  #edgeServesAll(nowMs: number, sources: readonly SourceState[]): boolean {
    const hasPeers = sources.some((state) => state.kind === 'peer');
    if (!hasPeers && !this.#peersExpected) return true;
    if (nowMs - this.#startedMs < FLOOR_GRACE_MS) return false;
    return this.#rate.bytesPerSecond(nowMs) * 8 < this.config.qualityFloorBitsPerSecond;
  }

  #edgeRepeatBytes(nowMs: number, sources: readonly SourceState[]): number {
    const { sizeBytes } = this.config.manifest;
    const bytesPerSecond = this.#rate.bytesPerSecond(nowMs);
    const leftMs = ((sizeBytes - this.#heldBytes) * 1000) / Math.max(bytesPerSecond, 1);
    if (leftMs < REPEAT_MIN_LEFT_MS || nowMs - this.#startedMs < FLOOR_GRACE_MS) return 0;
    const onNetPeers = sources.filter((state) => state.kind === 'peer' && state.onNet).length;
    const sharers = Math.max(2, this.#plan.fetchers, onNetPeers + 1);
    return Math.max(0, (REPEAT_SHARE * sizeBytes) / sharers - this.#repeatBytes);
  }

  /** False if the assignment could not be made, so that deciding again would give the same. */
  #apply(assignment: Assignment, jobs: readonly Job<SourceState>[]): boolean {
    const source = this.#sources.get(assignment.sourceId)!;
    if (assignment.kind === 'fetch') {
      const assembly = this.#assemblies.get(assignment.piece) ?? this.#startPiece(assignment.piece);
      const range = assembly.firstUncovered(MAX_REQUEST_BYTES);
      if (!range) return false;
      this.#request(source, assembly, range, assignment.repeat);
      return true;
    }
    const job = jobs[assignment.job]!;
    const assembly = this.#assemblies.get(job.piece);
    const range = assembly?.lateRange(job, assignment.stuck, MAX_REQUEST_BYTES);
    if (assembly && range) this.#request(source, assembly, range, assignment.repeat);
    else {
      // Its blocks came from elsewhere: nobody waits for it.
      job.controller.abort();
      this.#endJob(job);
    }
    return true;
  }

  #startPiece(piece: number): PieceAssembly<SourceState> {
    const bytes = this.#pool.take().subarray(0, pieceSizeBytes(this.config.manifest, piece));
    const assembly = new PieceAssembly<SourceState>(piece, bytes);
    this.#assemblies.set(piece, assembly);
    if (this.#verifier.byBlock) void this.#loadLeaves(assembly);
    return assembly;
  }

  #request(source: SourceState, assembly: PieceAssembly<SourceState>, range: Range, repeat: boolean): void {
    const nowMs = this.#now();
    const lengthBytes = range.to - range.from;
    this.#bucket?.take(lengthBytes, nowMs);
    if (repeat) this.#repeatBytes += lengthBytes;
    const job: Job<SourceState> = {
      source,
      piece: assembly.piece,
      ...range,
      next: range.from,
      startedMs: nowMs,
      lastDataMs: nowMs,
      repeat,
      controller: new AbortController(),
    };
    source.begin(job, nowMs);
    assembly.jobs.add(job);
    this.#updateState(assembly);
    const done = source.source.request({
      piece: job.piece,
      offset: range.from,
      lengthBytes,
      onData: (offset, bytes) => this.#onData(job, assembly, offset, bytes),
      signal: job.controller.signal,
    });
    done.then(
      () => this.#endJob(job),
      () => this.#endJob(job),
    );
  }

  #updateState(assembly: PieceAssembly<SourceState>): void {
    const isCovered = assembly.complete || assembly.firstUncovered(BLOCK_BYTES) === undefined;
    this.#states[assembly.piece] = isCovered ? PIECE.covered : PIECE.open;
  }

  /** After a request, whether it brought all, failed, or was aborted because others had brought its bytes. */
  #endJob(job: Job<SourceState>): void {
    const { source } = job;
    const nowMs = this.#now();
    if (!source.jobs.includes(job)) return;
    source.end(job, nowMs);
    const missingBytes = job.to - job.next;
    if (missingBytes > 0) {
      // Of a block that is not whole nothing is used.
      this.#waste(source, (job.next - job.from) % BLOCK_BYTES);
      this.#bucket?.giveBack(missingBytes);
      if (job.repeat) this.#repeatBytes -= missingBytes;
      const isOwnFault = !job.controller.signal.aborted;
      if (isOwnFault && source.failed(nowMs)) this.#dropSource(source, 'failed too often');
    }
    const assembly = this.#assemblies.get(job.piece);
    if (assembly?.jobs.delete(job)) this.#updateState(assembly);
    this.#schedule();
  }

  #onData(
    job: Job<SourceState>,
    assembly: PieceAssembly<SourceState>,
    offset: number,
    bytes: Uint8Array,
  ): void {
    if (job.controller.signal.aborted || this.#assemblies.get(job.piece) !== assembly) return;
    if (offset !== job.next || offset + bytes.length > job.to) {
      this.#dropSource(job.source, `sent bytes from ${offset} where ${job.next} was next`);
      return;
    }
    const nowMs = this.#now();
    job.lastDataMs = nowMs;
    job.source.received(bytes.length, nowMs);
    this.#rate.add(bytes.length, nowMs);
    const { wastedBytes, blocks } = assembly.accept(job, bytes);
    this.#waste(job.source, wastedBytes);
    // Not within the source's own call: it counts these bytes as received only when that has returned.
    if (assembly.complete) queueMicrotask(() => void this.#finishPiece(assembly, blocks));
    else if (this.#verifier.byBlock && blocks.length > 0)
      queueMicrotask(() => this.#verifyBlocks(assembly, blocks));
    // Nearly done with what it owes: time to ask for more.
    if (assembly.complete || owesLittle(job.source)) this.#schedule();
  }

  async #loadLeaves(assembly: PieceAssembly<SourceState>): Promise<void> {
    const leaves = await this.#verifier.leaves(assembly.piece);
    if (leaves && this.#assemblies.get(assembly.piece) === assembly && !assembly.complete) {
      this.#verifyBlocks(assembly, [...Array(assembly.blocks).keys()]);
    }
  }

  /** Blocks of long pieces, as far as their leaf layer is there: right ones are acknowledged at once. */
  #verifyBlocks(assembly: PieceAssembly<SourceState>, blocks: readonly number[]): void {
    const leaves = this.#verifier.knownLeaves(assembly.piece);
    if (!leaves) return;
    const wrong: number[] = [];
    const credit = new Map<SourceState, number>();
    for (const block of blocks) {
      const source = assembly.sourceOf(block);
      if (!source || assembly.isVerified(block)) continue;
      if (!this.#verifier.blockMatches(assembly.bytes, block, leaves)) {
        wrong.push(block);
        continue;
      }
      assembly.setVerified(block);
      credit.set(source, (credit.get(source) ?? 0) + assembly.blockLength(block));
    }
    for (const [source, bytes] of credit) this.#credit(source, bytes);
    if (wrong.length > 0) this.#blame(assembly, wrong);
  }

  #credit(state: SourceState, bytes: number): void {
    state.verifiedBytes += bytes;
    countVerified(this.#counters, state.source, bytes, this.deps.ownAsn());
    state.source.acknowledge(bytes);
  }

  #waste(state: SourceState, bytes: number): void {
    countWasted(this.#counters, state.source, bytes, this.deps.ownAsn());
  }

  async #finishPiece(assembly: PieceAssembly<SourceState>, lastBlocks: readonly number[]): Promise<void> {
    if (this.#verifier.byBlock) this.#verifyBlocks(assembly, lastBlocks);
    if (!assembly.complete || this.#assemblies.get(assembly.piece) !== assembly) return;
    for (const job of [...assembly.jobs]) {
      if (job.next < job.to) job.controller.abort();
      else if (!job.repeat && !job.source.onNet) this.#plan.noteOwnEntry(this.#now() - job.startedMs);
      assembly.jobs.delete(job);
      if (job.next < job.to) this.#endJob(job);
    }
    const { piece } = assembly;
    this.#states[piece] = PIECE.covered;
    if (!assembly.allVerified && !this.#verifier.matches(piece, assembly.bytes)) {
      await this.#findLiars(assembly);
      return;
    }
    for (const [source, bytes] of assembly.unverifiedBytesBySource()) this.#credit(source, bytes);
    const write = this.#writePiece(assembly);
    this.#writes.add(write);
    this.#schedule();
    await write;
    this.#writes.delete(write);
    this.#endIfComplete();
  }

  async #writePiece(assembly: PieceAssembly<SourceState>): Promise<void> {
    const { piece } = assembly;
    try {
      await this.deps.store.write(piece, assembly.bytes);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#assemblies.delete(piece);
    this.#verifier.forget(piece);
    this.#pool.give(assembly.bytes);
    this.#setHeld(piece);
    this.deps.onVerified(piece);
    this.#schedule();
  }

  #setHeld(piece: number): void {
    this.#states[piece] = PIECE.held;
    this.#heldPieces += 1;
    this.#heldBytes += pieceSizeBytes(this.config.manifest, piece);
  }

  /** A piece is wrong: whose blocks are, where that can be told. */
  async #findLiars(assembly: PieceAssembly<SourceState>): Promise<void> {
    const suspects = [...assembly.contributors()];
    const all = [...Array(assembly.blocks).keys()];
    if (suspects.length === 1) {
      this.#blame(assembly, all);
      return;
    }
    const leaves = await this.#verifier.leaves(assembly.piece);
    if (this.#state !== 'running') return;
    if (leaves) {
      this.#blame(assembly, this.#verifier.badBlocks(assembly.bytes, leaves));
      return;
    }
    for (const block of all) this.#waste(assembly.sourceOf(block)!, assembly.blockLength(block));
    assembly.drop(all);
    for (const suspect of suspects) {
      suspect.suspicions += 1;
      if (suspect.suspicions >= MAX_SUSPICIONS) this.#dropSource(suspect, 'bad-data');
    }
    this.#updateState(assembly);
    this.#schedule();
  }

  #blame(assembly: PieceAssembly<SourceState>, blocks: readonly number[]): void {
    const blocksBySource = new Map<SourceState, number[]>();
    for (const block of blocks) {
      const source = assembly.sourceOf(block);
      if (!source) continue;
      blocksBySource.set(source, [...(blocksBySource.get(source) ?? []), block]);
      this.#waste(source, assembly.blockLength(block));
    }
    assembly.drop(blocks);
    for (const [liar, wrong] of blocksBySource) {
      this.deps.onBadData(liar.source, assembly.piece, wrong.length === assembly.blocks ? [] : wrong);
      this.#dropSource(liar, 'bad-data');
    }
    this.#updateState(assembly);
    this.#schedule();
  }

  #endIfComplete(): void {
    if (this.#state === 'running' && this.#heldPieces === this.#states.length) void this.#end(undefined);
  }

  async #end(error: Error | undefined): Promise<void> {
    if (this.#state === 'ending' || this.#state === 'ended') return;
    this.#state = 'ending';
    this.#cancelSchedule?.();
    this.#cancelTick?.();
    for (const state of [...this.#sources.values()]) {
      for (const job of state.jobs) job.controller.abort();
      this.#dropSource(state, error instanceof FairhopError ? error.code : error ? 'failed' : 'done');
    }
    // Pieces that are verified already are kept.
    await Promise.allSettled(this.#writes);
    this.#assemblies.clear();
    this.#state = 'ended';
    if (error) this.#settle.reject(error);
    else this.#settle.resolve();
  }
}
