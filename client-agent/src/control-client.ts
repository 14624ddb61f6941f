import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { FairhopError } from '@fairhop/shared/model';
import type { z } from 'zod';
import type { AgentStatus, DownloadProgress, DownloadResult } from './agent-types.js';
import { controlEventSchema, controlPath, type DownloadCommand } from './control-protocol.js';

/** Commands to the agent that runs on a data directory. */
export interface ControlClient {
  /** @throws `agent-not-running`, `time-out` */
  status(): Promise<AgentStatus>;
  /** @throws `agent-not-running`, and what the download ends with */
  download(
    command: DownloadCommand,
    onProgress: (progress: DownloadProgress) => void,
    signal?: AbortSignal,
  ): Promise<DownloadResult>;
}

const STATUS_TIMEOUT_MS = 5000;

export function createControlClient(dataDirectory: string): ControlClient {
  const socketPath = controlPath(dataDirectory);
  const call = (
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      // A signal of its own: one that stops many commands would be listened to by each of them.
      const own = signal && { signal: AbortSignal.any([signal]) };
      const message = request({ socketPath, method, path, ...own }, resolve);
      message.on('error', (error: NodeJS.ErrnoException) => {
        if (signal?.aborted) reject(stopped(signal));
        else reject(notRunning(dataDirectory, error));
      });
      message.end(body === undefined ? undefined : JSON.stringify(body));
    });

  return {
    status: async () => {
      const response = await call('GET', '/status', undefined, AbortSignal.timeout(STATUS_TIMEOUT_MS));
      const chunks: Buffer[] = [];
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
      const answer: unknown = JSON.parse(Buffer.concat(chunks).toString());
      if (response.statusCode === 200) return answer as AgentStatus;
      throw refusal(controlEventSchema.parse(answer));
    },
    download: async (command, onProgress, signal) => {
      const response = await call('POST', '/downloads', command, signal);
      for await (const line of createInterface({ input: response })) {
        const event = controlEventSchema.parse(JSON.parse(line));
        if (event.event === 'progress') onProgress(event.progress as unknown as DownloadProgress);
        else if (event.event === 'downloaded') return event.result as unknown as DownloadResult;
        else throw refusal(event);
      }
      throw notRunning(dataDirectory, undefined);
    },
  };
}

function stopped({ reason }: AbortSignal): FairhopError {
  return reason instanceof DOMException && reason.name === 'TimeoutError'
    ? new FairhopError('time-out', `The agent gave no answer within ${STATUS_TIMEOUT_MS} ms`, { status: 504 })
    : new FairhopError('aborted', 'The command was stopped');
}

function refusal(event: z.output<typeof controlEventSchema>): FairhopError {
  if (event.event !== 'error')
    return new FairhopError('unexpected-response', `The agent answered with ${event.event}`);
  const { code, message, status } = event;
  return new FairhopError(code, message, status === undefined ? {} : { status });
}

function notRunning(dataDirectory: string, cause: unknown): FairhopError {
  return new FairhopError(
    'agent-not-running',
    `No agent runs on ${dataDirectory}; start one with fairhop agent`,
    { status: 503, cause },
  );
}
