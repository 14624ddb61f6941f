import { MAX_PIECE_LENGTH_BYTES, MAX_PIECES } from '../model/index.js';
import { type Bitfield, bitfieldBytes, spareBitsAreZero } from './bitfield.js';
import type { RequestFrame } from './frame.js';
import { FrameError } from './frame-error.js';
import { MAX_HAVE_PIECES, MAX_REQUEST_BYTES, WIRE_RECEIPT_BYTES } from './limits.js';

// Both directions check alike: what one side sends the other accepts.

export function checkUint32(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new FrameError('frame-invalid', `${name} is ${value}, it must be an integer from 0 to 4294967295`);
  }
}

export function checkPiece(piece: number): void {
  if (!Number.isInteger(piece) || piece < 0 || piece >= MAX_PIECES) {
    throw new FrameError('frame-invalid', `Piece index ${piece} must be from 0 to ${MAX_PIECES - 1}`);
  }
}

/** A range of bytes within the longest piece. */
export function checkRange(offset: number, length: number): void {
  checkUint32('An offset', offset);
  if (!Number.isInteger(length) || length < 1 || offset + length > MAX_PIECE_LENGTH_BYTES) {
    throw new FrameError(
      'frame-invalid',
      `Bytes ${offset} to ${offset + length} are no range within a piece of at most ${MAX_PIECE_LENGTH_BYTES} bytes`,
    );
  }
}

export function checkRequest({ piece, offset, length }: RequestFrame): void {
  checkPiece(piece);
  checkRange(offset, length);
  if (length > MAX_REQUEST_BYTES) {
    throw new FrameError(
      'frame-oversized',
      `A request of ${length} bytes is over the limit of ${MAX_REQUEST_BYTES}`,
    );
  }
}

export function checkHave(pieceCount: number): void {
  if (pieceCount === 0) throw new FrameError('frame-truncated', 'A have frame names at least one piece');
  if (pieceCount > MAX_HAVE_PIECES) {
    throw new FrameError(
      'frame-oversized',
      `A have frame of ${pieceCount} pieces is over the limit of ${MAX_HAVE_PIECES}`,
    );
  }
}

export function checkBitfield(bitfield: Bitfield): void {
  const { pieceCount, bits } = bitfield;
  if (!Number.isInteger(pieceCount) || pieceCount < 0) {
    throw new FrameError(
      'frame-invalid',
      `A bitfield's piece count is ${pieceCount}, it must be an integer from 0`,
    );
  }
  if (pieceCount > MAX_PIECES) {
    throw new FrameError(
      'frame-oversized',
      `A bitfield of ${pieceCount} pieces is over the limit of ${MAX_PIECES}`,
    );
  }
  checkLength("A bitfield's bits", bits.length, bitfieldBytes(pieceCount));
  if (!spareBitsAreZero(bitfield)) {
    throw new FrameError(
      'frame-invalid',
      `A bitfield of ${pieceCount} pieces has bits set after its last piece`,
    );
  }
}

export function checkReceipt(receipt: Uint8Array): void {
  checkLength('A receipt', receipt.length, WIRE_RECEIPT_BYTES);
}

export function checkLength(name: string, actual: number, expected: number): void {
  if (actual === expected) return;
  const code = actual < expected ? 'frame-truncated' : 'frame-oversized';
  throw new FrameError(code, `${name} has ${actual} bytes, it must have ${expected}`);
}
