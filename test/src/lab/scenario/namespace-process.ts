import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { namespaceOf } from '../internet-model.js';

export const FAIRHOP = fileURLToPath(new URL('../../../../bin/fairhop', import.meta.url));

/** An agent posts what it has still to report before it ends. */
const STOP_TIMEOUT_MS = 20_000;
const KEPT_BYTES = 8_192;

export interface NamespaceProcessConfig {
  readonly name: string;
  /** Node of the internet that it runs on. */
  readonly node: string;
  /** A Node program with its arguments. */
  readonly words: readonly string[];
  /** Its environment has no more than this and the path. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Takes all that it writes. */
  readonly logFile: string;
}

/** A program on one node of the internet. */
export interface NamespaceProcess {
  readonly isRunning: boolean;
  /** What it wrote last, both streams. */
  output(): string;
  /** Resolves when it wrote a line that fits; rejects when it ended before. */
  line(fits: (line: string) => boolean): Promise<void>;
  /** Ends it in order, or after a while at once. */
  stop(): Promise<void>;
}

export function startInNamespace(config: NamespaceProcessConfig): NamespaceProcess {
  // `ip netns exec` becomes the program: a signal to the child is one to the program.
  const child = spawn('ip', ['netns', 'exec', namespaceOf(config.node), process.execPath, ...config.words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...config.environment },
  });
  const log = createWriteStream(config.logFile);
  let kept = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-KEPT_BYTES);
      log.write(text);
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => {
      log.end();
      resolve();
    });
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    get isRunning() {
      return isRunning();
    },
    output: () => kept,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!kept.split('\n').some(fits)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
        void ended.then(() => reject(new Error(`${config.name} ended: ${kept.trim()}`)));
      }),
    async stop() {
      if (!isRunning()) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}
