export { type Bitfield, createBitfield, piecesOf } from './bitfield.js';
export { decodeFrame } from './decode.js';
export { createDataMessage, type DataMessage, encodeFrame } from './encode.js';
export type {
  BitfieldFrame,
  CancelFrame,
  DataFrame,
  Frame,
  GoodbyeFrame,
  GoodbyeReason,
  HaveFrame,
  HelloFrame,
  ReceiptFrame,
  RejectFrame,
  RejectReason,
  RequestFrame,
} from './frame.js';
export { FrameError, type FrameErrorCode } from './frame-error.js';
export { type Hello, helloSchema } from './hello.js';
export {
  MAX_BROWSER_DATA_BYTES,
  MAX_BROWSER_FRAME_BYTES,
  MAX_DATA_BYTES,
  MAX_FRAME_BYTES,
  MAX_HAVE_PIECES,
  MAX_REQUEST_BYTES,
} from './limits.js';
