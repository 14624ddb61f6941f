import type { PieceStore } from '../storage/piece-store.js';
import type { BlockSource } from './block-source.js';
import type { Assembly, PieceBoard } from './piece-board.js';
import type { PieceVerifier } from './piece-verifier.js';
import type { Requests } from './requests.js';
import type { SourceState } from './source-state.js';
import type { Tally } from './tally.js';
import type { Timers } from './timers.js';

/** Wrong pieces after which a source is dropped when no leaf layer told whose block was wrong. */
const MAX_SUSPICIONS = 3;
/**
 * A receipt costs a signature and a write, some tenths of a millisecond: one covers what a source gave in this time. Pieces wait as
 * long for the disk, which is 6 MiB of them at 1 Gbit/s.
 */
const RECEIPT_DELAY_MS = 50;

export interface PieceCompletionDependencies {
  readonly timers: Timers;
  readonly store: PieceStore;
  readonly pieces: PieceBoard;
  readonly requests: Requests;
  readonly verifier: PieceVerifier;
  readonly tally: Tally;
  /** See `DownloadDependencies`. */
  onBadData(source: BlockSource, piece: number, blocks: number[]): void;
  /** The piece is on disk. */
  onWritten(piece: number): void;
  /** A piece, or a receipt for it, cannot be put on disk. */
  onFailed(error: Error): void;
  /** Blocks are missing again. */
  onRoom(): void;
}

/** From the last block to the disk: verifies pieces, acknowledges their bytes, and finds who sent wrong ones. */
export class PieceCompletion {
  readonly #deps: PieceCompletionDependencies;
  readonly #writes = new Set<Promise<void>>();
  /** Whole pieces that are being verified or written. */
  readonly #finishing = new Set<Assembly>();
  /** When the receipts of the pieces that were verified since the last ones are on disk. */
  #receiptsKept: Promise<void> | undefined;
  /** Who gave blocks of those pieces. */
  #givers = new Set<SourceState>();

  constructor(deps: PieceCompletionDependencies) {
    this.#deps = deps;
  }

  /** A piece begins: if it is long, its leaf layer lets its blocks be verified as they come. */
  async begin(assembly: Assembly): Promise<void> {
    const { verifier, pieces } = this.#deps;
    if (!verifier.byBlock) return;
    const leaves = await verifier.leaves(assembly.piece);
    if (leaves && pieces.isUnderWay(assembly) && !assembly.complete) {
      await this.blocksArrived(assembly, [...Array(assembly.blocks).keys()]);
    }
  }

  /** Blocks came; with the last one the piece is finished. */
  async blocksArrived(assembly: Assembly, blocks: readonly number[]): Promise<void> {
    try {
      await this.#proceed(assembly, blocks);
    } catch (error) {
      this.#deps.onFailed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #proceed(assembly: Assembly, blocks: readonly number[]): Promise<void> {
    const { verifier, pieces, requests, tally } = this.#deps;
    if (!pieces.isUnderWay(assembly)) return;
    if (verifier.byBlock) this.#verifyBlocks(assembly, blocks);
    if (!assembly.complete || this.#finishing.has(assembly)) return;
    this.#finishing.add(assembly);
    for (const job of assembly.jobs) if (job.next < job.to) requests.abort(job);
    pieces.update(assembly);
    if (assembly.allVerified || verifier.matches(assembly.piece, assembly.bytes)) {
      for (const [source, bytes] of assembly.unverifiedBytesBySource()) tally.verified(source, bytes);
      const write = this.#write(assembly);
      this.#writes.add(write);
      await write.finally(() => this.#writes.delete(write));
    } else await this.#findLiars(assembly);
    this.#finishing.delete(assembly);
  }

  async #write(assembly: Assembly): Promise<void> {
    const { store, verifier, onWritten } = this.#deps;
    const { piece } = assembly;
    await this.#keepReceipts(assembly);
    await store.write(piece, assembly.bytes);
    verifier.forget(piece);
    onWritten(piece);
  }

  /**
   * What is held must be accounted for: after a crash between the two, a piece is fetched and accounted for again; the other
   * way round its bytes would never be. One receipt covers all that a source gave meanwhile; edges count what they send themselves.
   */
  #keepReceipts(assembly: Assembly): Promise<void> | undefined {
    const givers = [...assembly.contributors()].filter(({ source }) => source.kind === 'peer');
    if (givers.length === 0) return undefined;
    for (const giver of givers) this.#givers.add(giver);
    this.#receiptsKept ??= new Promise<void>((resolve, reject) => {
      this.#deps.timers.after(RECEIPT_DELAY_MS, () => {
        const givers = this.#givers;
        this.#givers = new Set();
        this.#receiptsKept = undefined;
        try {
          for (const { source } of givers) source.keepReceipt();
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
    return this.#receiptsKept;
  }

  /** A piece is wrong: whose blocks are, where that can be told. */
  async #findLiars(assembly: Assembly): Promise<void> {
    const { verifier, pieces, requests, tally, onRoom } = this.#deps;
    const suspects = [...assembly.contributors()];
    const all = [...Array(assembly.blocks).keys()];
    if (suspects.length === 1) {
      this.#blame(assembly, all);
      return;
    }
    const leaves = await verifier.leaves(assembly.piece);
    if (!pieces.isUnderWay(assembly)) return;
    if (leaves) {
      this.#blame(assembly, verifier.badBlocks(assembly.bytes, leaves));
      return;
    }
    for (const block of all) tally.wasted(assembly.sourceOf(block)!, assembly.blockLength(block));
    assembly.drop(all);
    pieces.update(assembly);
    for (const suspect of suspects) {
      suspect.suspicions += 1;
      if (suspect.suspicions >= MAX_SUSPICIONS) requests.drop(suspect, 'bad-data');
    }
    onRoom();
  }

  #blame(assembly: Assembly, blocks: readonly number[]): void {
    const { pieces, requests, tally, onBadData, onRoom } = this.#deps;
    const blocksBySource = new Map<SourceState, number[]>();
    for (const block of blocks) {
      const source = assembly.sourceOf(block);
      if (!source) continue;
      blocksBySource.set(source, [...(blocksBySource.get(source) ?? []), block]);
      tally.wasted(source, assembly.blockLength(block));
    }
    assembly.drop(blocks);
    pieces.update(assembly);
    for (const [liar, wrong] of blocksBySource) {
      onBadData(liar.source, assembly.piece, wrong.length === assembly.blocks ? [] : wrong);
      requests.drop(liar, 'bad-data');
    }
    onRoom();
  }

  /** Settles when nothing is being written. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writes);
  }

  /** Blocks of long pieces, as far as their leaf layer is there: right ones are acknowledged at once. */
  #verifyBlocks(assembly: Assembly, blocks: readonly number[]): void {
    const { verifier, tally } = this.#deps;
    const leaves = verifier.knownLeaves(assembly.piece);
    if (!leaves) return;
    const wrong: number[] = [];
    const credit = new Map<SourceState, number>();
    for (const block of blocks) {
      const source = assembly.sourceOf(block);
      if (!source || assembly.isVerified(block)) continue;
      if (!verifier.blockMatches(assembly.bytes, block, leaves)) {
        wrong.push(block);
        continue;
      }
      assembly.setVerified(block);
      credit.set(source, (credit.get(source) ?? 0) + assembly.blockLength(block));
    }
    for (const [source, bytes] of credit) tally.verified(source, bytes);
    if (wrong.length > 0) this.#blame(assembly, wrong);
  }
}
