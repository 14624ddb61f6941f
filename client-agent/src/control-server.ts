import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname, resolve } from 'node:path';
import { FairhopError, fieldErrors } from '@fairhop/shared/model';
import type { Agent } from './agent-types.js';
import { controlPath, downloadCommandSchema, MAX_COMMAND_BYTES } from './control-protocol.js';

/** Lets other processes of this user command a running agent. */
export interface ControlServer {
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** HTTP on a socket in the data directory, which only this user may enter: `GET /status`, `POST /downloads`. */
export function createControlServer(
  dataDirectory: string,
  agent: Pick<Agent, 'status' | 'download'>,
): ControlServer {
  const path = controlPath(dataDirectory);
  const server = createServer((request, response) => {
    handle(agent, request, response).catch((error: unknown) => {
      const code = error instanceof FairhopError ? error.code : 'internal';
      const message = error instanceof Error ? error.message : String(error);
      const status = error instanceof FairhopError ? error.status : undefined;
      if (!response.headersSent)
        response.writeHead(status ?? 500, { 'content-type': 'application/x-ndjson' });
      response.end(`${JSON.stringify({ event: 'error', code, message, status })}\n`);
    });
  });
  return {
    start: async () => {
      // The data directory's lock is ours: a socket that is there was left by a crash.
      if (process.platform !== 'win32') {
        // The data directory itself is closed to others when it is opened.
        if (dirname(path) !== resolve(dataDirectory)) await requireOwnDirectory(dirname(path));
        await rm(path, { force: true });
      }
      await new Promise<void>((listening, reject) => {
        server.once('error', reject);
        server.listen(path, () => listening());
      });
      if (process.platform !== 'win32') await chmod(path, 0o600);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/**
 * Among the temporary files anybody may have made it before, to take commands or to give them. Throws
 * `control-directory-exposed`.
 */
async function requireOwnDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { mode, uid } = await lstat(directory);
  if (uid === process.getuid?.() && (mode & 0o077) === 0) return;
  const octal = (mode & 0o777).toString(8).padStart(3, '0');
  throw new FairhopError(
    'control-directory-exposed',
    `The directory ${directory} of the agent's control socket is of user ${uid} with mode ${octal}; it must be this user's alone (chmod 700), or name a data directory with a shorter path`,
  );
}

async function handle(
  agent: Pick<Agent, 'status' | 'download'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET' && request.url === '/status') {
    const status = JSON.stringify(agent.status());
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(status);
    return;
  }
  if (request.method !== 'POST' || request.url !== '/downloads') {
    throw new FairhopError('not-found', `There is no ${request.method} ${request.url}`, { status: 404 });
  }
  const { reference, ...options } = await readCommand(request);
  const abort = new AbortController();
  // Whoever asked is gone: it is no foreground download any more.
  response.on('close', () => abort.abort());
  const tell = (event: object): boolean => response.write(`${JSON.stringify(event)}\n`);
  const result = await agent.download(reference, {
    ...options,
    signal: abort.signal,
    onProgress: (progress) => {
      if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      tell({ event: 'progress', progress });
    },
  });
  tell({ event: 'downloaded', result });
  response.end();
}

async function readCommand(request: IncomingMessage) {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_COMMAND_BYTES) {
      throw new FairhopError('request-too-large', `A command has at most ${MAX_COMMAND_BYTES} bytes`, {
        status: 413,
      });
    }
    chunks.push(chunk);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    value = undefined;
  }
  const parsed = downloadCommandSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error);
  const wrong = errors.map(({ path, message }) => `${path || 'the whole'}: ${message}`).join('; ');
  throw new FairhopError('invalid-request', `The command is wrong: ${wrong}`, { status: 400, errors });
}
