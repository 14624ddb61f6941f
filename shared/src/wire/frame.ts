import type { Bitfield } from './bitfield.js';
import type { Hello } from './hello.js';

/**
 * The protocol between two agents: one message of an ordered, reliable data channel is one frame; one channel serves one
 * grant; data flows from uploader to downloader. A frame is its type (u8), then its fields, big endian.
 */
export const FRAME_TYPE = {
  hello: 1,
  bitfield: 2,
  have: 3,
  request: 4,
  cancel: 5,
  reject: 6,
  data: 7,
  receipt: 8,
  goodbye: 9,
} as const;

/** Why an uploader does not serve a request. */
export const REJECT_REASON = {
  'no-grant': 1,
  'over-limit': 2,
  'not-held': 3,
  busy: 4,
  'window-full': 5,
  'bad-request': 6,
  revoked: 7,
  expired: 8,
  'read-failed': 9,
} as const;
export type RejectReason = keyof typeof REJECT_REASON;

/** Why a side ends the channel. */
export const GOODBYE_REASON = {
  done: 1,
  stopping: 2,
  'protocol-error': 3,
  'hello-refused': 4,
  'no-grant': 5,
  revoked: 6,
  expired: 7,
  'over-limit': 8,
  'no-permit': 9,
  'no-consent': 10,
  'bad-data': 11,
  withdrawn: 12,
  timeout: 13,
  failed: 14,
} as const;
export type GoodbyeReason = keyof typeof GOODBYE_REASON;

/** JSON of `helloSchema`, UTF-8. */
export interface HelloFrame {
  type: 'hello';
  hello: Hello;
}
/** Piece count u32, then the bits: what the uploader holds when the channel opens. */
export interface BitfieldFrame extends Bitfield {
  type: 'bitfield';
}
/** Piece indexes u32: what the uploader has verified since. */
export interface HaveFrame {
  type: 'have';
  pieces: number[];
}
/** Request id, piece, offset in the piece, length in bytes; u32 each. */
export interface RequestFrame {
  type: 'request';
  requestId: number;
  piece: number;
  offset: number;
  length: number;
}
/** Request id u32. Data that is under way may still come. */
export interface CancelFrame {
  type: 'cancel';
  requestId: number;
}
/** Request id u32, reason u8. */
export interface RejectFrame {
  type: 'reject';
  requestId: number;
  reason: RejectReason;
}
/** Request id, piece, offset in the piece u32 each, then the bytes. A request is answered by one or more, in order. */
export interface DataFrame {
  type: 'data';
  requestId: number;
  piece: number;
  offset: number;
  /** After decoding a view into the message: copy what outlives it. */
  bytes: Uint8Array;
}
/** The downloader's signed receipt, 133 bytes. */
export interface ReceiptFrame {
  type: 'receipt';
  receipt: Uint8Array;
}
/** Reason u8, then a text in UTF-8. */
export interface GoodbyeFrame {
  type: 'goodbye';
  reason: GoodbyeReason;
  text: string;
}

export type Frame =
  | HelloFrame
  | BitfieldFrame
  | HaveFrame
  | RequestFrame
  | CancelFrame
  | RejectFrame
  | DataFrame
  | ReceiptFrame
  | GoodbyeFrame;
