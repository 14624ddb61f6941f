import type { AgentKey } from '@fairhop/shared/model';
import type { BlockSource } from './block-source.js';
import type { Job } from './piece-assembly.js';
import { createRateEstimator } from './rate-estimator.js';
import type { SchedulerSource } from './scheduler-view.js';

/** After a failure a source rests this long, doubling with each further rest in a row. */
const FIRST_REST_MS = 250;
const MAX_REST_MS = 8000;
/** Failures in a row after which a source is given up; with the rests before, about half a minute. */
const MAX_FAILURES = 8;
/** What was measured says nothing of now when this long nothing came. */
const MEASURE_MS = 30_000;
/** Assumed of a source that was not measured yet: a fifth of a common uplink. */
const UNKNOWN_RATE_BYTES_PER_SECOND = 256 * 1024;

/** What a download keeps of one source. */
export class SourceState implements SchedulerSource {
  readonly kind: 'peer' | 'edge';
  readonly onNet: boolean;
  readonly holdings: Uint8Array;
  /** In the order asked, which is the order answered. */
  readonly jobs: Job<SourceState>[] = [];
  rateBytesPerSecond = UNKNOWN_RATE_BYTES_PER_SECOND;
  outstandingBytes = 0;
  usable = true;
  verifiedBytes = 0;
  /** Pieces with its blocks that were wrong while it could not be told whose block was. */
  suspicions = 0;
  lastDataMs = Number.NEGATIVE_INFINITY;
  exhausted = false;
  #restUntilMs = 0;
  #rests = 0;
  #failures = 0;
  readonly #rate = createRateEstimator();

  constructor(
    readonly id: number,
    readonly source: BlockSource,
    readonly agent: AgentKey | undefined,
    pieces: number,
  ) {
    this.kind = source.kind;
    this.onNet = source.network.onNet;
    this.holdings = new Uint8Array(pieces);
  }

  get outstandingRequests(): number {
    return this.jobs.length;
  }

  begin(job: Job<SourceState>, nowMs: number): void {
    this.jobs.push(job);
    this.outstandingBytes += job.to - job.from;
    this.#rate.setBusy(true, nowMs);
  }

  received(bytes: number, nowMs: number): void {
    this.outstandingBytes -= bytes;
    this.lastDataMs = nowMs;
    this.#rests = 0;
    this.#failures = 0;
    this.#rate.add(bytes, nowMs);
  }

  /** False if the request was over already. */
  end(job: Job<SourceState>, nowMs: number): boolean {
    const index = this.jobs.indexOf(job);
    if (index < 0) return false;
    this.jobs.splice(index, 1);
    this.exhausted = false;
    this.outstandingBytes -= job.to - job.next;
    if (this.jobs.length === 0) this.#rate.setBusy(false, nowMs);
    return true;
  }

  /** The source has no room now: it rests. What else comes during a rest was asked before it and says nothing new. */
  busy(nowMs: number): void {
    if (nowMs < this.#restUntilMs) return;
    this.#restUntilMs = nowMs + Math.min(MAX_REST_MS, FIRST_REST_MS * 2 ** this.#rests);
    this.#rests += 1;
    this.usable = false;
  }

  /** It rests; true when it failed too often to be asked again. */
  failed(nowMs: number): boolean {
    if (nowMs < this.#restUntilMs) return false;
    this.busy(nowMs);
    this.#failures += 1;
    return this.#failures >= MAX_FAILURES;
  }

  /** What it gives while it is asked; undefined if that was not seen lately. */
  measuredBytesPerSecond(nowMs: number): number | undefined {
    return nowMs - this.lastDataMs < MEASURE_MS ? this.#rate.bytesPerSecond(nowMs) : undefined;
  }

  refresh(nowMs: number): void {
    this.usable = nowMs >= this.#restUntilMs;
    this.rateBytesPerSecond = this.#rate.bytesPerSecond(nowMs) ?? this.rateBytesPerSecond;
  }
}
