import type { Asn } from '@fairhop/shared/model';

/** Where a source's bytes come from, as the coordinator told; for cost, progress and the agent's own counters. */
export interface SourceNetwork {
  readonly asn: Asn | null;
  readonly isp: string | null;
  readonly onNet: boolean;
  /** 0 is the cheapest; edges come after every peer. */
  readonly costClass: number;
}

/** A contiguous range within one piece, aligned to 16 KiB blocks (the content's last block may be short). */
export interface BlockRequest {
  readonly piece: number;
  readonly offset: number;
  readonly lengthBytes: number;
  /** Called in order with views that are only valid during the call: copy what you keep. */
  readonly onData: (offset: number, bytes: Uint8Array) => void;
  readonly signal: AbortSignal;
}

/**
 * One transfer from one source: an edge over HTTP or a peer over a data channel. The download engine knows sources only
 * through this.
 */
export interface BlockSource {
  readonly id: string;
  readonly kind: 'peer' | 'edge';
  readonly transferId: string;
  readonly network: SourceNetwork;
  holds(piece: number): boolean;
  /** Resolves when the whole range has arrived; rejects with a FairhopError (`rejected`, `source-closed`, `aborted` …). */
  request(request: BlockRequest): Promise<void>;
  /** Bytes of this source that were verified since the last call; a peer turns them into signed receipts. */
  acknowledge(verifiedBytes: number): void;
  /** A receipt for all that was acknowledged is on disk when this returns, where this source is given receipts. */
  keepReceipt(): void;
  /** Called when `holds` changed (of `gained` alone, where that is said), or capacity may be there again. */
  onChange: ((gained?: readonly number[]) => void) | undefined;
  /** Called when a receipt cannot be put on disk and no call of the engine is there to get the error. */
  onFailed?: ((error: Error) => void) | undefined;
  close(reason: string): void;
  /** Settles when the source is gone, with the reason. */
  readonly closed: Promise<string>;
}
