import type { ServerResponse } from 'node:http';
import { FairhopError, type Manifest } from '@fairhop/shared/model';
import type { HeldPiece, Reader } from '../cache/cache.js';
import type { ByteRange } from './range.js';
import type { Flow } from './shaper.js';

/** Read at a time: large enough for the disk, and small enough to count a cut connection well. */
const readBytes = 256 * 1024;

/**
 * A chunk has to be with the system within so many time-outs: at the usual minute a client takes at least 1 kB/s, so that one that
 * takes a byte now and then does not hold its place for good.
 */
const maxTimeoutsPerWrite = 4;

/** Under the limits that hold at each moment. */
export interface LimitedFlow extends Flow {
  /** What is taken at a time now. */
  readonly sliceBytes: number;
}

export interface BodyOptions {
  readonly manifest: Manifest;
  readonly range: ByteRange;
  readonly reader: Reader;
  /** The piece in which the range begins; this function lets go of it. */
  readonly firstPiece: HeldPiece;
  readonly response: ServerResponse;
  readonly flow: LimitedFlow;
  readonly signal: AbortSignal;
  readonly writeTimeoutMs: number;
  /** Bytes that the system took over from the socket. */
  onFlushed(bytes: number): void;
}

/**
 * Writes a range of a content, a chunk being read while the one before is written. Rejects with the reader's error, the
 * signal's reason, `client-stalled` or `client-gone`.
 */
export async function sendBody(options: BodyOptions): Promise<void> {
  const { manifest, range, reader, response, flow, signal } = options;
  const { pieceLengthBytes } = manifest;
  const writer = createWriter(options);
  const bufferBytes = Math.min(readBytes, range.toByte - range.fromByte);
  // The writer has at most one write under way, so that when a buffer's turn comes again, all of it is written.
  const buffers = [Buffer.allocUnsafe(bufferBytes), Buffer.allocUnsafe(bufferBytes)];
  let turn = 0;
  let held: HeldPiece | undefined = options.firstPiece;
  try {
    for (let position = range.fromByte; position < range.toByte; ) {
      const piece = Math.floor(position / pieceLengthBytes);
      held ??= await reader.piece(piece, signal);
      const pieceStart = piece * pieceLengthBytes;
      const pieceEnd = Math.min(range.toByte, pieceStart + held.sizeBytes);
      while (position < pieceEnd) {
        const length = Math.min(readBytes, pieceEnd - position);
        const bytes = buffers[turn]!.subarray(0, length);
        turn = 1 - turn;
        await held.readInto(bytes, position - pieceStart);
        for (let offset = 0; offset < length; ) {
          const slice = bytes.subarray(offset, offset + flow.sliceBytes);
          await flow.take(slice.length, signal);
          await writer.write(slice);
          offset += slice.length;
        }
        position += length;
      }
      await held.release();
      held = undefined;
    }
    await writer.flush();
    response.end();
  } finally {
    await held?.release();
  }
}

interface Writer {
  /** Waits until the bytes before these are with the system, then writes. */
  write(bytes: Uint8Array): Promise<void>;
  flush(): Promise<void>;
}

function createWriter({ response, signal, writeTimeoutMs, onFlushed }: BodyOptions): Writer {
  let pending: Promise<void> = Promise.resolve();
  let isWriting = false;
  const stalled = new AbortController();
  // Node's socket time-out starts anew whenever part of a pending write went out.
  response.setTimeout(writeTimeoutMs, () => {
    if (!isWriting) return;
    const message = `the client took nothing for ${writeTimeoutMs} ms`;
    stalled.abort(new FairhopError('client-stalled', message));
  });
  const ended = AbortSignal.any([signal, stalled.signal]);

  const writeNow = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      if (ended.aborted) {
        reject(ended.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(tooSlow);
        reject(ended.reason);
      };
      ended.addEventListener('abort', onAbort, { once: true });
      isWriting = true;
      const tooSlow = setTimeout(() => {
        const message = `the client took less than ${bytes.length} bytes in ${maxTimeoutsPerWrite * writeTimeoutMs} ms`;
        stalled.abort(new FairhopError('client-stalled', message));
      }, maxTimeoutsPerWrite * writeTimeoutMs);
      response.write(bytes, (error) => {
        isWriting = false;
        clearTimeout(tooSlow);
        ended.removeEventListener('abort', onAbort);
        if (error) {
          reject(new FairhopError('client-gone', 'the client closed the connection', { cause: error }));
          return;
        }
        onFlushed(bytes.length);
        resolve();
      });
    });

  return {
    write: async (bytes) => {
      await pending;
      pending = writeNow(bytes);
      // Awaited with the next write; until then a failure is not unhandled.
      pending.catch(() => undefined);
    },
    flush: () => pending,
  };
}
