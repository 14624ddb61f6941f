import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

const CHUNK_BYTES = 1024 * 1024;

/** Writes `sizeBytes` of incompressible bytes, new on each run. */
export const writeSampleFile = async (
  path: string,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<void> => {
  // A stream cipher over zeros is as good as random here, and much faster.
  const keystream = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  const out = createWriteStream(path, { flags: 'wx' });
  for (let written = 0; written < sizeBytes; written += CHUNK_BYTES) {
    signal.throwIfAborted();
    const chunk = keystream.update(Buffer.alloc(Math.min(CHUNK_BYTES, sizeBytes - written)));
    if (!out.write(chunk)) await once(out, 'drain', { signal });
  }
  out.end();
  await finished(out);
};
