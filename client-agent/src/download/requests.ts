import { BLOCK_BYTES, FairhopError } from '@fairhop/shared/model';
import type { Job, Range } from './piece-assembly.js';
import type { Assembly, PieceBoard } from './piece-board.js';
import { owesLittle } from './scheduler.js';
import type { SourceRegistry } from './source-registry.js';
import type { SourceState } from './source-state.js';
import type { Tally } from './tally.js';
import type { Timers } from './timers.js';
import type { TokenBucket } from './token-bucket.js';

export interface RequestsDependencies {
  readonly timers: Timers;
  readonly pieces: PieceBoard;
  readonly sources: SourceRegistry;
  readonly tally: Tally;
  readonly bucket: TokenBucket | undefined;
  /** Blocks of a piece became whole; called when the source's own call has returned. */
  onBlocks(assembly: Assembly, blocks: readonly number[]): void;
  /** A request from outside of the ISP, for a piece that nobody on-net held, brought all within this time. */
  onEntered(durationMs: number): void;
  /** Somebody may be asked for more. */
  onRoom(): void;
  /** A source is gone, and all that was asked of it may be asked of others. */
  onGone(): void;
}

/** The requests under way: each is made of one source, and puts what comes into its piece. */
export class Requests {
  readonly #deps: RequestsDependencies;
  #repeatBytes = 0;

  constructor(deps: RequestsDependencies) {
    this.#deps = deps;
  }

  /** Asked for although somebody on-net holds it. */
  get repeatBytes(): number {
    return this.#repeatBytes;
  }

  make(source: SourceState, assembly: Assembly, range: Range, repeat: boolean): void {
    const { timers, pieces, bucket } = this.#deps;
    const nowMs = timers.nowMs();
    const lengthBytes = range.to - range.from;
    bucket?.take(lengthBytes, nowMs);
    if (repeat) this.#repeatBytes += lengthBytes;
    const job: Job<SourceState> = {
      source,
      piece: assembly.piece,
      ...range,
      next: range.from,
      startedMs: nowMs,
      lastDataMs: nowMs,
      repeat,
      exclusive: source.kind === 'edge',
      controller: new AbortController(),
    };
    source.begin(job, nowMs);
    assembly.begin(job);
    pieces.update(assembly);
    source.source
      .request({
        piece: job.piece,
        offset: range.from,
        lengthBytes,
        onData: (offset, bytes) => this.#take(job, assembly, offset, bytes),
        signal: job.controller.signal,
      })
      .then(
        () => this.#end(job),
        (error) => this.#end(job, error),
      );
  }

  /** Gives up a request: nobody waits for it any more. */
  abort(job: Job<SourceState>): void {
    job.controller.abort();
    this.#end(job);
  }

  /** Gives up a request whose source sends nothing any more: that one rests. */
  giveUp(job: Job<SourceState>): void {
    const { source } = job;
    this.abort(job);
    if (source.failed(this.#deps.timers.nowMs())) this.drop(source, 'failed too often');
  }

  /** A source is gone. */
  forget(source: SourceState): void {
    if (!this.#deps.sources.remove(source)) return;
    for (const job of [...source.jobs]) this.abort(job);
    this.#deps.onGone();
  }

  /** Ends a source. */
  drop(source: SourceState, reason: string): void {
    this.forget(source);
    source.source.close(reason);
  }

  #take(job: Job<SourceState>, assembly: Assembly, offset: number, bytes: Uint8Array): void {
    const { timers, pieces, tally, onBlocks, onRoom } = this.#deps;
    const { source } = job;
    if (job.controller.signal.aborted || !pieces.isUnderWay(assembly)) return;
    if (offset !== job.next || offset + bytes.length > job.to) {
      this.drop(source, `sent bytes from ${offset} where ${job.next} was next`);
      return;
    }
    const nowMs = timers.nowMs();
    job.lastDataMs = nowMs;
    source.received(bytes.length, nowMs);
    tally.received(bytes.length, nowMs);
    const { wastedBytes, blocks } = assembly.accept(job, bytes);
    tally.wasted(source, wastedBytes);
    // Not within the source's own call: it counts these bytes as received only when that has returned.
    if (blocks.length > 0) queueMicrotask(() => onBlocks(assembly, blocks));
    if (wastedBytes > 0 && job.next < job.to && assembly.isFutile(job)) this.abort(job);
    // Nearly done with what it owes: time to ask for more.
    else if (owesLittle(source)) onRoom();
  }

  /** After a request, whether it brought all, failed, or was aborted because others had brought its bytes. */
  #end(job: Job<SourceState>, error?: unknown): void {
    const { timers, pieces, tally, bucket, onEntered, onRoom } = this.#deps;
    const { source } = job;
    const nowMs = timers.nowMs();
    if (!source.end(job, nowMs)) return;
    const missingBytes = job.to - job.next;
    if (missingBytes > 0) {
      // Of a block that is not whole nothing is used.
      tally.wasted(source, (job.next - job.from) % BLOCK_BYTES);
      bucket?.giveBack(missingBytes);
      if (job.repeat) this.#repeatBytes -= missingBytes;
      if (isBusy(error)) source.busy(nowMs);
      else if (!job.controller.signal.aborted && source.failed(nowMs)) this.drop(source, 'failed too often');
    } else if (!job.repeat && !source.onNet) onEntered(nowMs - job.startedMs);
    const assembly = pieces.under(job.piece);
    if (assembly?.end(job)) pieces.update(assembly);
    onRoom();
  }
}

/** A peer that has no room now is a good one. */
const isBusy = (error: unknown): boolean =>
  error instanceof FairhopError && error.code === 'rejected' && error.details?.['reason'] === 'busy';
