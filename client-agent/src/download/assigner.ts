import { edgeRepeatBytes, type FloorConfig, type Help, helpFor, type Progress } from './edge-help.js';
import type { EntryPlan } from './entry-plan.js';
import type { Job } from './piece-assembly.js';
import type { Assembly, PieceBoard } from './piece-board.js';
import type { PieceCompletion } from './piece-completion.js';
import type { Requests } from './requests.js';
import { decide } from './scheduler.js';
import type { Assignment, SchedulerJob, SchedulerView } from './scheduler-view.js';
import type { SourceRegistry } from './source-registry.js';
import type { SourceState } from './source-state.js';
import type { Tally } from './tally.js';
import type { Timers } from './timers.js';
import type { TokenBucket } from './token-bucket.js';

/** Bytes of one request: receipts come at least this often (wire/limits.ts). */
const MAX_REQUEST_BYTES = 1024 * 1024;
/** How often late requests, silent fetchers and the state of the swarm are looked at. */
const TICK_MS = 250;
/** Pieces that are fetched in order before the one that plays, and those of them that the edge serves if nobody else does. */
const WINDOW_PIECES = 32;
const URGENT_PIECES = 2;

export interface AssignerConfig extends FloorConfig {
  readonly mode: 'rarest' | 'in-order';
}

export interface AssignerDependencies {
  readonly timers: Timers;
  readonly random: () => number;
  readonly bucket: TokenBucket | undefined;
  readonly pieces: PieceBoard;
  readonly sources: SourceRegistry;
  readonly requests: Requests;
  readonly completion: PieceCompletion;
  readonly plan: EntryPlan;
  readonly tally: Tally;
}

/** Keeps the sources busy: shows the scheduler how things stand, and makes the requests that it names. */
export class Assigner {
  readonly #config: AssignerConfig;
  readonly #deps: AssignerDependencies;
  #peersExpected = false;
  #running = false;
  #startedMs = 0;
  #looksForLate = false;
  #seenOpenings = 0;
  #cancelRun: (() => void) | undefined;
  #cancelTick: (() => void) | undefined;

  constructor(config: AssignerConfig, deps: AssignerDependencies) {
    this.#config = config;
    this.#deps = deps;
  }

  start(): void {
    this.#running = true;
    this.#startedMs = this.#deps.timers.nowMs();
    this.#tick();
  }

  stop(): void {
    this.#running = false;
    this.#cancelRun?.();
    this.#cancelTick?.();
  }

  /** Peers are being connected to: the edge does not take their place. */
  setPeersExpected(expected: boolean): void {
    this.#peersExpected = expected;
    this.lookAgain();
  }

  /** Decides once for all that happens in one turn of the event loop. */
  schedule(): void {
    if (!this.#running || this.#cancelRun) return;
    this.#cancelRun = this.#deps.timers.after(0, () => {
      this.#cancelRun = undefined;
      this.#run();
    });
  }

  /** Something changed for every source: also those that had nothing to offer are looked at. */
  lookAgain(): void {
    for (const source of this.#deps.sources.list) source.exhausted = false;
    this.schedule();
  }

  #tick(): void {
    this.#cancelTick = this.#deps.timers.after(TICK_MS, () => this.#tick());
    this.#looksForLate = true;
    this.lookAgain();
  }

  #run(): void {
    const { timers, random, bucket, pieces, sources, requests, plan } = this.#deps;
    const startMs = timers.nowMs();
    plan.refresh(startMs);
    for (const source of sources.list) source.refresh(startMs);
    const progress = this.#progress(startMs);
    const repeatBytes = edgeRepeatBytes(progress);
    const help = helpFor(progress, this.#config);
    while (this.#running) {
      const nowMs = timers.nowMs();
      const waitMs = bucket?.waitMs(nowMs) ?? 0;
      if (waitMs > 0) {
        this.#cancelRun ??= timers.after(waitMs, () => {
          this.#cancelRun = undefined;
          this.#run();
        });
        return;
      }
      if (pieces.openings !== this.#seenOpenings) {
        for (const source of sources.list) source.exhausted = false;
        this.#seenOpenings = pieces.openings;
      }
      const jobs = memo(() => sources.list.flatMap((source) => source.jobs));
      const spent = requests.repeatBytes - progress.repeatBytes;
      const view = this.#view(nowMs, jobs, help, Math.max(0, repeatBytes - spent));
      const { assignment, exhausted } = decide(view, random);
      for (const id of exhausted) sources.get(id)!.exhausted = true;
      if (!assignment) break;
      this.#apply(assignment, jobs);
    }
    this.#looksForLate = false;
  }

  #progress(nowMs: number): Progress {
    const { pieces, sources, requests, plan, tally } = this.#deps;
    const measured = sources.list.flatMap((source) =>
      source.kind === 'edge' ? (source.measuredBytesPerSecond(nowMs) ?? []) : [],
    );
    const atWork = sources.list.filter(({ kind, jobs }) => kind === 'peer' && jobs.length > 0);
    return {
      sizeBytes: pieces.manifest.sizeBytes,
      heldBytes: pieces.heldBytes,
      elapsedMs: nowMs - this.#startedMs,
      bytesPerSecond: tally.bytesPerSecond(nowMs),
      lastMinuteBytesPerSecond: tally.lastMinuteBytesPerSecond(nowMs),
      edgeBytesPerSecond: measured.length > 0 ? sum(measured) : undefined,
      peerBytesPerSecond: sum(atWork.map(({ rateBytesPerSecond }) => rateBytesPerSecond)),
      hasPeers: sources.hasPeers || this.#peersExpected,
      onNetPeers: sources.onNetPeers,
      fetchers: plan.fetchers,
      repeatBytes: requests.repeatBytes,
    };
  }

  #view(
    nowMs: number,
    jobs: () => readonly Job<SourceState>[],
    help: Help,
    repeatBytes: number,
  ): SchedulerView {
    const { pieces, sources, plan } = this.#deps;
    const schedulerJobs = memo(() => this.#schedulerJobs(jobs(), nowMs));
    return {
      states: pieces.states,
      askable: pieces.askable,
      holders: sources.holders,
      onNetHolders: sources.onNetHolders,
      sources: sources.list,
      isBusy: sources.list.some((source) => source.jobs.length > 0),
      looksForLate: this.#looksForLate || pieces.askable.length === 0,
      get jobs() {
        return schedulerJobs();
      },
      mayEnter: plan.mayEnter,
      weightOf: plan.weightOf,
      sharesEntry: plan.shared,
      mayStartPiece: pieces.mayBegin,
      ...(this.#config.mode === 'in-order' && {
        window: {
          from: pieces.firstMissing,
          to: pieces.firstMissing + WINDOW_PIECES,
          urgentTo: pieces.firstMissing + URGENT_PIECES,
        },
      }),
      ...help,
      edgeRepeatBytes: repeatBytes,
    };
  }

  #schedulerJobs(jobs: readonly Job<SourceState>[], nowMs: number): SchedulerJob[] {
    const queued = new Map<SourceState, number>();
    return jobs.map((job) => {
      const { source, piece } = job;
      const remainingBytes = job.to - job.next;
      const queuedBytes = (queued.get(source) ?? 0) + remainingBytes;
      queued.set(source, queuedBytes);
      const rivals = [...(this.#deps.pieces.under(piece)?.jobs ?? [])];
      return {
        sourceId: source.id,
        piece,
        remainingBytes,
        queuedBytes,
        silentMs: nowMs - Math.max(job.lastDataMs, source.lastDataMs),
        doubled: rivals.some((other) => other !== job && other.next < job.to && job.next < other.to),
      };
    });
  }

  #apply(assignment: Assignment, jobs: () => readonly Job<SourceState>[]): void {
    const { pieces, sources, requests } = this.#deps;
    const source = sources.get(assignment.sourceId)!;
    if (assignment.kind === 'fetch') {
      const assembly = pieces.under(assignment.piece) ?? this.#begin(assignment.piece);
      const range = assembly.firstUncovered(MAX_REQUEST_BYTES);
      if (range) requests.make(source, assembly, range, assignment.repeat);
      else pieces.update(assembly);
      return;
    }
    const job = jobs()[assignment.job]!;
    // What an edge is asked for is taken from it alone: before somebody else is asked, its request is given up.
    if (job.exclusive) requests.giveUp(job);
    const assembly = pieces.under(job.piece);
    const range = assembly?.lateRange(job, assignment.stuck, MAX_REQUEST_BYTES);
    if (assembly && range) requests.make(source, assembly, range, assignment.repeat);
    // Its blocks came from elsewhere: nobody waits for it.
    else requests.abort(job);
  }

  #begin(piece: number): Assembly {
    const assembly = this.#deps.pieces.begin(piece);
    void this.#deps.completion.begin(assembly);
    return assembly;
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function memo<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
