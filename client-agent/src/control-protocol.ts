import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** Longest path of a Unix socket that all systems take (104 bytes on macOS). */
const MAX_SOCKET_PATH_BYTES = 100;

/**
 * Where the agent of a data directory listens for commands: a socket in it, a named pipe on Windows. Where the path is too long for
 * a socket, it is in a directory of this user's among the temporary files.
 */
export function controlPath(dataDirectory: string): string {
  const directory = resolve(dataDirectory);
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  if (process.platform === 'win32') return `\\\\.\\pipe\\fairhop-agent-${name}`;
  const path = join(directory, 'control.sock');
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES
    ? path
    : join(tmpdir(), `fairhop-agent-${process.getuid?.() ?? 'user'}`, `${name}.sock`);
}

/** A command is a title and a path. */
export const MAX_COMMAND_BYTES = 16 * 1024;

/** `POST /downloads`; answered with a stream of `controlEventSchema`, one JSON document a line. */
export const downloadCommandSchema = z.strictObject({
  reference: z.string().min(1).max(2048),
  /** Absolute, as is `outputDirectory`. */
  output: z.string().min(1).max(4096).optional(),
  outputDirectory: z.string().min(1).max(4096).optional(),
  force: z.boolean().default(false),
  mode: z.enum(['rarest', 'in-order']).default('rarest'),
});
export type DownloadCommand = z.input<typeof downloadCommandSchema>;

export const controlEventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('progress'), progress: z.looseObject({}) }),
  z.object({ event: z.literal('downloaded'), result: z.looseObject({}) }),
  z.object({ event: z.literal('error'), code: z.string(), message: z.string(), status: z.int().optional() }),
]);
