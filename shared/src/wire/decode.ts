import { fieldErrors } from '../model/index.js';
import {
  checkBitfield,
  checkHave,
  checkLength,
  checkPiece,
  checkRange,
  checkReceipt,
  checkRequest,
} from './checks.js';
import { FRAME_TYPE, type Frame, GOODBYE_REASON, type HelloFrame, REJECT_REASON } from './frame.js';
import { FrameError } from './frame-error.js';
import { helloSchema } from './hello.js';
import {
  DATA_HEADER_BYTES,
  MAX_FRAME_BYTES,
  MAX_GOODBYE_BYTES,
  MAX_HELLO_BYTES,
  MAX_HELLO_ERROR_CHARACTERS,
} from './limits.js';

/**
 * The frame that a message is. Payloads (`bytes`, `bits`, `receipt`) are views into the message, not copies.
 * Throws FrameError and nothing else. But for the JSON of a hello, a frame has one encoding only: encoding what was
 * decoded gives the same message.
 */
export function decodeFrame(message: Uint8Array): Frame {
  if (message.length > MAX_FRAME_BYTES) {
    throw new FrameError(
      'frame-oversized',
      `A frame of ${message.length} bytes is over the limit of ${MAX_FRAME_BYTES}`,
    );
  }
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  switch (message[0]) {
    case undefined:
      throw new FrameError('frame-empty', 'A message is empty, a frame begins with its type');
    case FRAME_TYPE.hello:
      return decodeHello(message.subarray(1));
    case FRAME_TYPE.bitfield: {
      checkAtLeast('A bitfield frame', message, 5);
      const bitfield = { pieceCount: view.getUint32(1), bits: message.subarray(5) };
      checkBitfield(bitfield);
      return { type: 'bitfield', ...bitfield };
    }
    case FRAME_TYPE.have:
      return { type: 'have', pieces: decodePieces(view) };
    case FRAME_TYPE.request: {
      checkLength('A request frame', message.length, 17);
      const request = {
        type: 'request',
        requestId: view.getUint32(1),
        piece: view.getUint32(5),
        offset: view.getUint32(9),
        length: view.getUint32(13),
      } as const;
      checkRequest(request);
      return request;
    }
    case FRAME_TYPE.cancel:
      checkLength('A cancel frame', message.length, 5);
      return { type: 'cancel', requestId: view.getUint32(1) };
    case FRAME_TYPE.reject:
      checkLength('A reject frame', message.length, 6);
      return {
        type: 'reject',
        requestId: view.getUint32(1),
        reason: reasonOf(REJECT_REASON, view.getUint8(5)),
      };
    case FRAME_TYPE.data: {
      checkAtLeast('A data frame', message, DATA_HEADER_BYTES + 1);
      const [piece, offset] = [view.getUint32(5), view.getUint32(9)];
      checkPiece(piece);
      checkRange(offset, message.length - DATA_HEADER_BYTES);
      return {
        type: 'data',
        requestId: view.getUint32(1),
        piece,
        offset,
        bytes: message.subarray(DATA_HEADER_BYTES),
      };
    }
    case FRAME_TYPE.receipt: {
      const receipt = message.subarray(1);
      checkReceipt(receipt);
      return { type: 'receipt', receipt };
    }
    case FRAME_TYPE.goodbye: {
      checkAtLeast('A goodbye frame', message, 2);
      const text = message.subarray(2);
      if (text.length > MAX_GOODBYE_BYTES) checkLength("A goodbye's text", text.length, MAX_GOODBYE_BYTES);
      return { type: 'goodbye', reason: reasonOf(GOODBYE_REASON, view.getUint8(1)), text: decodeText(text) };
    }
    default:
      throw new FrameError('frame-unknown-type', `A frame has the type ${message[0]}, known are 1 to 9`);
  }
}

function decodeHello(json: Uint8Array): HelloFrame {
  if (json.length > MAX_HELLO_BYTES) checkLength('A hello', json.length, MAX_HELLO_BYTES);
  const text = decodeText(json);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FrameError('frame-invalid', 'A hello is not JSON', { cause });
  }
  const hello = helloSchema.safeParse(value);
  if (hello.success) return { type: 'hello', hello: hello.data };
  const wrong = fieldErrors(hello.error).map(({ path, message }) => `${path}: ${message}`);
  throw new FrameError(
    'frame-invalid',
    `A hello is wrong: ${wrong.join('; ').slice(0, MAX_HELLO_ERROR_CHARACTERS)}`,
  );
}

function decodePieces(view: DataView): number[] {
  const bodyBytes = view.byteLength - 1;
  if (bodyBytes % 4 !== 0) {
    throw new FrameError(
      'frame-truncated',
      `A have frame has ${bodyBytes} bytes of piece indexes of 4 bytes each`,
    );
  }
  checkHave(bodyBytes / 4);
  const pieces = Array.from({ length: bodyBytes / 4 }, (_, index) => view.getUint32(1 + index * 4));
  pieces.forEach(checkPiece);
  return pieces;
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FrameError('frame-invalid', 'A text is not UTF-8', { cause });
  }
}

function reasonOf<Reason extends string>(reasons: Record<Reason, number>, code: number): Reason {
  for (const reason in reasons) if (reasons[reason] === code) return reason;
  throw new FrameError('frame-invalid', `A reason has the unknown code ${code}`);
}

function checkAtLeast(name: string, message: Uint8Array, minimumBytes: number): void {
  if (message.length >= minimumBytes) return;
  throw new FrameError(
    'frame-truncated',
    `${name} has ${message.length} bytes, it needs at least ${minimumBytes}`,
  );
}
