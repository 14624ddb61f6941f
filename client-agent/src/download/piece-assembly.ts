import { BLOCK_BYTES } from '@fairhop/shared/model';

/** One request under way: bytes [from, to) of one piece from one source, which come in order. */
export interface Job<Source = unknown> {
  readonly source: Source;
  readonly piece: number;
  readonly from: number;
  readonly to: number;
  /** Where the next byte belongs. */
  next: number;
  readonly startedMs: number;
  lastDataMs: number;
  readonly repeat: boolean;
  /** What its source sends is paid for whoever else sends it too: while it runs, its blocks are taken from it alone. */
  readonly exclusive: boolean;
  readonly controller: AbortController;
}

/** A range of bytes within the piece. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * A piece that is being put together from blocks, with the source of each block. A block has one writer at a time: the
 * exclusive request for it, else the request that began it last; what another one brings of it is not used.
 */
export class PieceAssembly<Source> {
  readonly #jobs = new Set<Job<Source>>();
  readonly #claims: (Job<Source> | undefined)[];
  readonly #writers: (Job<Source> | undefined)[];
  readonly #sources: (Source | undefined)[];
  readonly #arrived: Uint8Array;
  readonly #verified: Uint8Array;
  #arrivedBlocks = 0;

  constructor(
    readonly piece: number,
    readonly bytes: Buffer,
  ) {
    const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
    this.#claims = new Array(blocks);
    this.#writers = new Array(blocks);
    this.#sources = new Array(blocks);
    this.#arrived = new Uint8Array(blocks);
    this.#verified = new Uint8Array(blocks);
  }

  get jobs(): ReadonlySet<Job<Source>> {
    return this.#jobs;
  }

  get complete(): boolean {
    return this.#arrivedBlocks === this.#arrived.length;
  }

  /** A request begins. An exclusive one takes over what other requests have written of a block in part. */
  begin(job: Job<Source>): void {
    this.#jobs.add(job);
    if (!job.exclusive) return;
    for (const block of this.#blocksOf(job.from, job.to)) this.#claims[block] = job;
  }

  /** A request is over; blocks of it that have not arrived may come from elsewhere. False if it was over already. */
  end(job: Job<Source>): boolean {
    if (!this.#jobs.delete(job)) return false;
    if (!job.exclusive) return true;
    for (const block of this.#blocksOf(job.from, job.to)) {
      if (this.#claims[block] === job) this.#claims[block] = undefined;
    }
    return true;
  }

  /** Takes bytes of a request; returns how many of them were of no use, and the blocks that became whole. */
  accept(job: Job<Source>, bytes: Uint8Array): { wastedBytes: number; blocks: number[] } {
    let wastedBytes = 0;
    const blocks: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const block = Math.floor(job.next / BLOCK_BYTES);
      const start = block * BLOCK_BYTES;
      const end = Math.min(start + BLOCK_BYTES, this.bytes.length);
      const length = Math.min(bytes.length - at, end - job.next);
      const wanted = this.#isMissingFor(job, block);
      if (wanted && job.next === start) this.#writers[block] = job;
      if (wanted && this.#writers[block] === job) {
        this.bytes.set(bytes.subarray(at, at + length), job.next);
        if (job.next + length === end) {
          this.#arrive(block, job.source);
          blocks.push(block);
        }
      } else wastedBytes += length;
      job.next += length;
      at += length;
    }
    return { wastedBytes, blocks };
  }

  /** Nothing that a request still brings is of use: the rest arrived, or comes from an exclusive request. */
  isFutile(job: Job<Source>): boolean {
    for (const block of this.#blocksOf(job.next, job.to)) {
      if (this.#isMissingFor(job, block)) return false;
    }
    return true;
  }

  #isMissingFor(job: Job<Source>, block: number): boolean {
    const claim = this.#claims[block];
    return this.#arrived[block] === 0 && (claim === undefined || claim === job);
  }

  #arrive(block: number, source: Source): void {
    this.#arrived[block] = 1;
    this.#sources[block] = source;
    this.#writers[block] = undefined;
    this.#arrivedBlocks += 1;
  }

  /** Makes blocks missing again, because they were wrong. */
  drop(blocks: Iterable<number>): void {
    for (const block of blocks) {
      if (this.#arrived[block] === 0) continue;
      this.#arrived[block] = 0;
      this.#sources[block] = undefined;
      this.#arrivedBlocks -= 1;
    }
  }

  sourceOf(block: number): Source | undefined {
    return this.#sources[block];
  }

  blockLength(block: number): number {
    return Math.min(BLOCK_BYTES, this.bytes.length - block * BLOCK_BYTES);
  }

  get blocks(): number {
    return this.#arrived.length;
  }

  /** A block matched the leaf layer. */
  setVerified(block: number): void {
    this.#verified[block] = 1;
  }

  isVerified(block: number): boolean {
    return this.#verified[block] === 1;
  }

  get allVerified(): boolean {
    return !this.#verified.includes(0);
  }

  /** Sources of the blocks that arrived. */
  contributors(): Set<Source> {
    return new Set(this.#sources.filter((source) => source !== undefined));
  }

  /** Bytes of each source in blocks that were not verified on their own. */
  unverifiedBytesBySource(): Map<Source, number> {
    const result = new Map<Source, number>();
    this.#sources.forEach((source, block) => {
      if (source === undefined || this.#verified[block] === 1) return;
      result.set(source, (result.get(source) ?? 0) + this.blockLength(block));
    });
    return result;
  }

  /** The first range of blocks that have not arrived and that no request is after, at most `maxBytes` long. */
  firstUncovered(maxBytes: number): Range | undefined {
    return this.#firstRange(0, this.bytes.length, maxBytes, (block) => !this.#isCovered(block));
  }

  /**
   * What a second source should be asked for of a late request: the second half of its blocks that have not arrived, or
   * all of them if its own source is stuck. Undefined when they came, or come, from elsewhere.
   */
  lateRange(job: Job<Source>, stuck: boolean, maxBytes: number): Range | undefined {
    const missing = this.#blocksOf(job.next, job.to).filter((block) => this.#isMissingFor(job, block));
    const first = missing[stuck ? 0 : Math.floor(missing.length / 2)];
    return first === undefined
      ? undefined
      : this.#firstRange(first * BLOCK_BYTES, job.to, maxBytes, (block) => this.#isMissingFor(job, block));
  }

  #isCovered(block: number): boolean {
    if (this.#claims[block] !== undefined) return true;
    const start = block * BLOCK_BYTES;
    for (const job of this.#jobs) {
      // A block that a request is past without having written it will not come from it.
      const isAhead = job.next <= start || (this.#writers[block] === job && job.next < job.to);
      if (isAhead && start >= Math.floor(job.from / BLOCK_BYTES) * BLOCK_BYTES && start < job.to) return true;
    }
    return false;
  }

  #blocksOf(from: number, to: number): number[] {
    const blocks: number[] = [];
    for (let block = Math.floor(from / BLOCK_BYTES); block * BLOCK_BYTES < to; block++) blocks.push(block);
    return blocks;
  }

  #firstRange(
    fromByte: number,
    toByte: number,
    maxBytes: number,
    wanted: (block: number) => boolean,
  ): Range | undefined {
    let from: number | undefined;
    let to = fromByte;
    for (const block of this.#blocksOf(fromByte, toByte)) {
      const start = block * BLOCK_BYTES;
      const end = start + this.blockLength(block);
      const isWanted = this.#arrived[block] === 0 && wanted(block);
      if (from === undefined && isWanted) from = start;
      else if (from !== undefined && (!isWanted || end - from > maxBytes)) break;
      if (from !== undefined) to = end;
    }
    return from === undefined ? undefined : { from, to };
  }
}
