import { createReadStream } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { errorCode } from '@fairhop/shared/service';
import { type Origin, originError } from './origin.js';

const readBytes = 256 * 1024;

/** A file below the directory that this edge serves as origin. Symbolic links that lead out of the directory are refused. */
export function createDirectoryOrigin(config: {
  directory: string;
  path: string;
  sizeBytes: number;
}): Origin {
  const { directory, path, sizeBytes } = config;
  return {
    open: async ({ fromByte, toByte }, signal) => {
      const file = await locate(directory, path);
      const handle = await open(file, 'r').catch((error: unknown) => {
        throw fileError(path, error);
      });
      try {
        const status = await handle.stat();
        if (!status.isFile())
          throw originError('origin-not-found', `${path} in the origin directory is no file`);
        if (status.size !== sizeBytes) {
          const found = `${path} in the origin directory has ${status.size} bytes`;
          throw originError('origin-wrong-size', `${found}, the published title has ${sizeBytes}`);
        }
      } finally {
        await handle.close();
      }
      const chunks = createReadStream(file, {
        start: fromByte,
        end: toByte - 1,
        highWaterMark: readBytes,
        signal,
      });
      // Between the last read and `close` nobody listens.
      chunks.on('error', () => undefined);
      return { offset: fromByte, chunks: readable(chunks, path), close: () => chunks.destroy() };
    },
    close: async () => undefined,
  };
}

async function locate(directory: string, path: string): Promise<string> {
  try {
    const root = await realpath(directory);
    const file = await realpath(resolve(root, path));
    const inside = relative(root, file);
    if (inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && join(root, inside) === file)
      return file;
  } catch (error) {
    throw fileError(path, error);
  }
  throw originError(
    'origin-not-permitted',
    `${path} leads out of the origin directory; a file below it is right`,
  );
}

async function* readable(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<Buffer> {
  try {
    yield* chunks;
  } catch (error) {
    throw fileError(path, error);
  }
}

function fileError(path: string, cause: unknown): Error {
  const code = errorCode(cause) ?? String(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return originError('origin-not-found', `${path} is not in the origin directory`, { cause });
  }
  return originError('origin-unavailable', `${path} in the origin directory cannot be read (${code})`, {
    cause,
  });
}
