/** What the scheduler decides on: plain data that the engine keeps up to date. */

/** State of a piece in a download. */
export const PIECE = {
  /** Nothing of it is asked for. */
  missing: 0,
  /** Under way, and every block is asked for. */
  covered: 1,
  /** Under way, with blocks that nobody is asked for. */
  open: 2,
  /** Verified. */
  held: 3,
} as const;

export interface SchedulerSource {
  readonly id: number;
  readonly kind: 'peer' | 'edge';
  readonly onNet: boolean;
  /** One byte a piece, 1 if the source holds it. */
  readonly holdings: Uint8Array;
  /** Estimated payload rate of this source. */
  readonly rateBytesPerSecond: number;
  readonly outstandingBytes: number;
  readonly outstandingRequests: number;
  /** False while it rests after a failure. */
  readonly usable: boolean;
  /** There was nothing to ask of it, and nothing has changed since. */
  readonly exhausted: boolean;
}

/** One request under way. */
export interface SchedulerJob {
  readonly sourceId: number;
  readonly piece: number;
  /** Bytes of it that have not arrived. */
  readonly remainingBytes: number;
  /** Bytes that its source sends until its last one, itself included. */
  readonly queuedBytes: number;
  /** Since data of it arrived, or since its turn came. */
  readonly silentMs: number;
  /** Another request is after the same blocks already. */
  readonly doubled: boolean;
}

export interface SchedulerView {
  /** `PIECE` of each piece. */
  readonly states: Uint8Array;
  /** Pieces in state missing or open, in any order. */
  readonly askable: readonly number[];
  /** Connected peers that hold each piece: all of them, and those of the own ISP. */
  readonly holders: Uint16Array;
  readonly onNetHolders: Uint16Array;
  readonly sources: readonly SchedulerSource[];
  /** Something is asked for. */
  readonly isBusy: boolean;
  /** Late requests are looked at: in the end, and now and then. */
  readonly looksForLate: boolean;
  /** Built when it is read, for only late requests need it. */
  readonly jobs: readonly SchedulerJob[];
  /** Whether this agent may fetch the piece from outside of its ISP. */
  mayEnter(piece: number): boolean;
  /** Order in which the named fetcher takes its pieces from outside, the highest first. */
  weightOf(piece: number): number;
  /** Others of the ISP fetch from outside too. */
  readonly sharesEntry: boolean;
  /** Room for another piece in memory. */
  readonly mayStartPiece: boolean;
  /** Pieces that play next come in order; absent: rarest first. */
  readonly window?: { readonly from: number; readonly to: number; readonly urgentTo: number };
  /** Peers of other ISPs may serve anything: the download is below the quality floor. */
  readonly offNetServesAll: boolean;
  /** The edge may serve anything: no peer serves, or all peers together stay below the floor. */
  readonly edgeServesAll: boolean;
  /** Bytes that the edge may still serve of pieces which the ISP holds already, so that it is not idle while a swarm waits. */
  readonly edgeRepeatBytes: number;
}

/** What to do next, and which sources were looked at in vain. */
export interface Decision {
  readonly assignment: Assignment | undefined;
  readonly exhausted: readonly number[];
}

export type Assignment =
  | { readonly kind: 'fetch'; readonly sourceId: number; readonly piece: number; readonly repeat: boolean }
  /** Ask `sourceId` for blocks that the job's source is late with. */
  | {
      readonly kind: 'steal';
      readonly sourceId: number;
      /** Index into `jobs`. */
      readonly job: number;
      /** Its source sends nothing any more. */
      readonly stuck: boolean;
      readonly repeat: boolean;
    };
