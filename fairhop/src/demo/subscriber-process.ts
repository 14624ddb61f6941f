import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ControlClient, createControlClient } from '@fairhop/client-agent';
import { FairhopError } from '@fairhop/shared/model';
import { withTimeout } from '@fairhop/shared/service';
import { z } from 'zod';

const COMMAND = fileURLToPath(new URL('../../../bin/fairhop', import.meta.url));
/** Starting Node, the data directory and the session take well under a second each, on a busy machine several. */
const READY_TIMEOUT_MS = 60_000;
/** An agent reports what is still open before it ends. */
const STOP_TIMEOUT_MS = 20_000;
const KEPT_ERROR_BYTES = 8_192;

const readyEventSchema = z.looseObject({
  event: z.literal('ready'),
  agent: z.string(),
  isp: z.string().nullable(),
  uploadReady: z.boolean(),
});
export type SubscriberReady = z.infer<typeof readyEventSchema>;

export interface SubscriberConfig {
  readonly name: string;
  readonly address: string;
  readonly dataDirectory: string;
  readonly coordinatorUrl: string;
  readonly uploadRate: string;
  readonly downloadRate?: string;
  /** How often it reports a running transfer; by default as any agent. */
  readonly maxPartMs?: number;
}

/** One subscriber's machine: a background agent in a process of its own. */
export interface Subscriber {
  readonly name: string;
  readonly process: ChildProcess;
  /** Resolves when the coordinator welcomed it. */
  readonly ready: Promise<SubscriberReady>;
  readonly control: ControlClient;
  /** Ends it in order; what it has still to report is reported. */
  stop(): Promise<void>;
}

const environment = ({ dataDirectory, maxPartMs }: SubscriberConfig): NodeJS.ProcessEnv => ({
  PATH: process.env['PATH'],
  HOME: dataDirectory,
  ...(maxPartMs === undefined ? {} : { FAIRHOP_AGENT_MAX_PART_MS: String(maxPartMs) }),
});

/** Starts `fairhop agent` bound to one address. Its environment holds nothing of ours but the path. */
export const startSubscriber = (config: SubscriberConfig): Subscriber => {
  const child = spawn(
    process.execPath,
    [
      COMMAND,
      'agent',
      '--json',
      '--consent',
      '--bind',
      config.address,
      '--data-dir',
      config.dataDirectory,
      '--coordinator',
      config.coordinatorUrl,
      '--upload-rate',
      config.uploadRate,
      ...(config.downloadRate === undefined ? [] : ['--download-rate', config.downloadRate]),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environment(config) },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_ERROR_BYTES);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<SubscriberReady>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = readyEventSchema.safeParse(JSON.parse(line));
      if (event.success) resolve(event.data);
    });
    void exited.then(() =>
      reject(
        new FairhopError('agent-ended', `agent ${config.name} ended before it was ready: ${errors.trim()}`),
      ),
    );
  });
  return {
    name: config.name,
    process: child,
    ready: withTimeout(ready, READY_TIMEOUT_MS, 'agent-not-ready'),
    control: createControlClient(config.dataDirectory),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
};
