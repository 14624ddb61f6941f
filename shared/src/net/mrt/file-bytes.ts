import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import unbzip2Stream from '@openpgp/unbzip2-stream';
import { MrtError } from './mrt-error.js';

export interface FileBytesLimits {
  /** Of the decompressed bytes. */
  readonly maximumBytes: number;
}

/** Twice the largest dumps of public collectors. */
export const defaultFileBytesLimits: FileBytesLimits = { maximumBytes: 8 * 1024 ** 3 };

/** RIBs shrink to a third or, with bzip2, a tenth; what shrinks to less than this is no RIB. */
const maximumRatio = 250;
/** A small dump of one repeated prefix may shrink by more. */
const ratioFreeBytes = 64 * 1024 * 1024;

const chunkBytes = 256 * 1024;

/**
 * The bytes of a plain, gzip or bzip2 file, told apart by how it begins, in constant memory.
 * Throws `mrt-unreadable`, `mrt-truncated`, `mrt-malformed` or `mrt-too-large`.
 */
export async function* readFileBytes(
  path: string,
  limits: FileBytesLimits,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: chunkBytes, ...(signal && { signal }) });
  let compressedBytes = 0;
  let producedBytes = 0;
  const iterator = file[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  const counted = async function* (first: readonly Buffer[]): AsyncGenerator<Buffer> {
    for (const chunk of first) yield chunk;
    for (;;) {
      const { value, done } = await nextOf(iterator, producedBytes);
      if (done) return;
      compressedBytes += value.length;
      yield value;
    }
  };
  try {
    const first = await readFirst(iterator);
    compressedBytes = first.reduce((sum, chunk) => sum + chunk.length, 0);
    const head = Buffer.concat(first).subarray(0, 10);
    const format = formatOf(head);
    const plain = counted(first);
    const chunks = format === 'gzip' ? gunzip(plain) : format === 'bzip2' ? bunzip2(plain) : plain;
    for await (const chunk of located(chunks, () => producedBytes)) {
      producedBytes += chunk.length;
      const isBomb = producedBytes > ratioFreeBytes && producedBytes > maximumRatio * compressedBytes;
      if (producedBytes > limits.maximumBytes || isBomb) {
        const bound = isBomb
          ? `${maximumRatio} times the compressed ${compressedBytes}`
          : limits.maximumBytes;
        throw new MrtError(
          'mrt-too-large',
          `MRT file ${path} has more bytes than ${bound} when decompressed`,
          producedBytes,
        );
      }
      yield chunk;
    }
  } finally {
    file.destroy();
  }
}

async function readFirst(iterator: AsyncIterableIterator<Buffer>): Promise<Buffer[]> {
  const chunks: Buffer[] = [];
  for (let bytes = 0; bytes < 10; ) {
    const { value, done } = await nextOf(iterator, 0);
    if (done) break;
    chunks.push(value);
    bytes += value.length;
  }
  return chunks;
}

async function nextOf(iterator: AsyncIterableIterator<Buffer>, at: number): Promise<IteratorResult<Buffer>> {
  try {
    return await iterator.next();
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    throw new MrtError('mrt-unreadable', `cannot be read: ${String(cause)}`, at, { cause });
  }
}

/** A record whose time begins with the magic of bzip2 is of 2005: the block that follows it decides. */
function formatOf(head: Buffer): 'gzip' | 'bzip2' | 'plain' {
  if (head.length > 2 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8) return 'gzip';
  const isBzip2 = /^425a683[1-9](314159265359|177245385090)$/.test(head.toString('hex'));
  return isBzip2 ? 'bzip2' : 'plain';
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: chunkBytes });
  let failure: unknown;
  const feeding = (async () => {
    try {
      for await (const chunk of chunks) {
        if (stream.destroyed) return;
        if (!stream.write(chunk)) await drained(stream);
      }
      stream.end();
    } catch (error) {
      failure = error;
      stream.destroy(error as Error);
    }
  })();
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw failure ?? error;
  } finally {
    stream.destroy();
    await feeding;
  }
}

const drained = (stream: NodeJS.WritableStream): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, done);
  });

async function* bunzip2(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Uint8Array> {
  let failure: unknown;
  const read = async (): Promise<{ value?: Uint8Array; done: boolean }> => {
    try {
      const { value, done } = await chunks.next();
      return done ? { done: true } : { value, done: false };
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const reader = unbzip2Stream({ getReader: () => ({ read }) }).getReader();
  for (;;) {
    const result = await reader.read().catch((error: unknown) => {
      throw failure ?? error;
    });
    if (result.done) return;
    yield result.value!;
  }
}

/** Gives what a decompressor throws a code and a place. */
async function* located<C extends Uint8Array>(chunks: AsyncIterable<C>, at: () => number): AsyncGenerator<C> {
  try {
    yield* chunks;
  } catch (cause) {
    if (cause instanceof MrtError || (cause instanceof Error && cause.name === 'AbortError')) throw cause;
    throw decompressionError(cause, at());
  }
}

function decompressionError(cause: unknown, at: number): MrtError {
  const { code, message } = cause as NodeJS.ErrnoException;
  // The bzip2 reader stumbles over a missing chunk inside a block, and says so between blocks.
  const isShort = code === 'Z_BUF_ERROR' || /ended prematurely|of undefined/.test(message);
  return isShort
    ? new MrtError('mrt-truncated', 'the compressed bytes end too early', at, { cause })
    : new MrtError('mrt-malformed', `the compressed bytes are damaged: ${message}`, at, { cause });
}
