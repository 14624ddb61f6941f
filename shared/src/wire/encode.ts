import { fieldErrors } from '../model/index.js';
import {
  checkBitfield,
  checkHave,
  checkPiece,
  checkRange,
  checkReceipt,
  checkRequest,
  checkUint32,
} from './checks.js';
import { FRAME_TYPE, type Frame, GOODBYE_REASON, REJECT_REASON } from './frame.js';
import { FrameError } from './frame-error.js';
import { type Hello, helloSchema } from './hello.js';
import { DATA_HEADER_BYTES, MAX_DATA_BYTES, MAX_GOODBYE_BYTES, MAX_HELLO_BYTES } from './limits.js';

/**
 * The message of a frame, in memory of its own. The text of a goodbye is cut at the last character that fits.
 * Throws FrameError for a frame that `decodeFrame` would refuse.
 */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  switch (frame.type) {
    case 'hello':
      return encodeHello(frame.hello);
    case 'bitfield': {
      checkBitfield(frame);
      const message = newMessage(FRAME_TYPE.bitfield, 4 + frame.bits.length);
      viewOf(message).setUint32(1, frame.pieceCount);
      message.set(frame.bits, 5);
      return message;
    }
    case 'have':
      checkHave(frame.pieces.length);
      frame.pieces.forEach(checkPiece);
      return encodeUint32s(FRAME_TYPE.have, frame.pieces);
    case 'request': {
      const { requestId, piece, offset, length } = frame;
      checkUint32('A request id', requestId);
      checkRequest(frame);
      return encodeUint32s(FRAME_TYPE.request, [requestId, piece, offset, length]);
    }
    case 'cancel':
      checkUint32('A request id', frame.requestId);
      return encodeUint32s(FRAME_TYPE.cancel, [frame.requestId]);
    case 'reject': {
      checkUint32('A request id', frame.requestId);
      const message = newMessage(FRAME_TYPE.reject, 5);
      viewOf(message).setUint32(1, frame.requestId);
      message[5] = REJECT_REASON[frame.reason];
      return message;
    }
    case 'data': {
      const { message, bytes } = createDataMessage(frame, frame.bytes.length);
      bytes.set(frame.bytes);
      return message;
    }
    case 'receipt': {
      checkReceipt(frame.receipt);
      const message = newMessage(FRAME_TYPE.receipt, frame.receipt.length);
      message.set(frame.receipt, 1);
      return message;
    }
    case 'goodbye': {
      const text = new Uint8Array(MAX_GOODBYE_BYTES);
      const { written } = new TextEncoder().encodeInto(frame.text, text);
      const message = newMessage(FRAME_TYPE.goodbye, 1 + written);
      message[1] = GOODBYE_REASON[frame.reason];
      message.set(text.subarray(0, written), 2);
      return message;
    }
  }
}

/** A data frame whose bytes are still to be filled in. */
export interface DataMessage {
  /** The whole message, to be sent once `bytes` is filled. */
  message: Uint8Array<ArrayBuffer>;
  /** View of `message` that takes the payload; zeros until then. */
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * A data frame with room for `lengthBytes`, so that a read from disk lands in the message itself, without a copy. With
 * `memory` of at least the frame's length (DATA_HEADER_BYTES + lengthBytes) the message is a view of its beginning: memory
 * of its own costs more than filling it.
 */
export function createDataMessage(
  { requestId, piece, offset }: { requestId: number; piece: number; offset: number },
  lengthBytes: number,
  memory?: Uint8Array<ArrayBuffer>,
): DataMessage {
  checkUint32('A request id', requestId);
  checkPiece(piece);
  checkRange(offset, lengthBytes);
  if (lengthBytes > MAX_DATA_BYTES) {
    throw new FrameError(
      'frame-oversized',
      `A data frame of ${lengthBytes} bytes is over the limit of ${MAX_DATA_BYTES}`,
    );
  }
  const message =
    memory?.subarray(0, DATA_HEADER_BYTES + lengthBytes) ?? new Uint8Array(DATA_HEADER_BYTES + lengthBytes);
  message[0] = FRAME_TYPE.data;
  const view = viewOf(message);
  view.setUint32(1, requestId);
  view.setUint32(5, piece);
  view.setUint32(9, offset);
  return { message, bytes: message.subarray(DATA_HEADER_BYTES) };
}

function encodeHello(hello: Hello): Uint8Array<ArrayBuffer> {
  const checked = helloSchema.safeParse(hello);
  if (!checked.success) {
    const wrong = fieldErrors(checked.error).map(({ path, message }) => `${path}: ${message}`);
    throw new FrameError('frame-invalid', `The hello is wrong: ${wrong.join('; ')}`);
  }
  const json = new TextEncoder().encode(JSON.stringify(checked.data));
  if (json.length > MAX_HELLO_BYTES) {
    throw new FrameError(
      'frame-oversized',
      `A hello of ${json.length} bytes is over the limit of ${MAX_HELLO_BYTES}`,
    );
  }
  const message = newMessage(FRAME_TYPE.hello, json.length);
  message.set(json, 1);
  return message;
}

function encodeUint32s(type: number, values: readonly number[]): Uint8Array<ArrayBuffer> {
  const message = newMessage(type, values.length * 4);
  const view = viewOf(message);
  values.forEach((value, index) => {
    view.setUint32(1 + index * 4, value);
  });
  return message;
}

function newMessage(type: number, bodyBytes: number): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(1 + bodyBytes);
  message[0] = type;
  return message;
}

const viewOf = (message: Uint8Array): DataView =>
  new DataView(message.buffer, message.byteOffset, message.byteLength);
