import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Subscriber, type SubscriberConfig, startSubscriber } from '@fairhop/fairhop';

const COMMAND = fileURLToPath(new URL('../../../bin/fairhop', import.meta.url));
/** What is told of a process that ended on its own. */
const KEPT_OUTPUT_BYTES = 8_192;

/** A process that is killed and started again on the same data directory. */
export interface Victim {
  readonly name: string;
  start(): void;
  /** SIGKILL; resolves when it is gone. Throws when it was gone before. */
  kill(): Promise<void>;
  /** Ends it in order, if it runs. */
  stop(): Promise<void>;
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function killed(name: string, child: ChildProcess, output: () => string): Promise<void> {
  if (!isRunning(child)) throw new Error(`${name} ended on its own with ${child.exitCode}: ${output()}`);
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

export interface ServiceVictim extends Victim {
  /** Asks once. Throws while it is not ready. */
  checkReady(): Promise<void>;
}

/** `fairhop NAME --config FILE`. */
export function createServiceVictim(name: string, configFile: string, url: string): ServiceVictim {
  let child: ChildProcess | undefined;
  let output = '';
  return {
    name,
    start() {
      child = spawn(process.execPath, [COMMAND, name, '--config', configFile], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] },
      });
      const keep = (text: string): void => {
        output = (output + text).slice(-KEPT_OUTPUT_BYTES);
      };
      for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding('utf8').on('data', keep);
    },
    kill: () => killed(name, child!, () => output),
    async checkReady() {
      const answer = await fetch(`${url}/readyz`).catch(() => undefined);
      if (!answer?.ok) throw new Error(`${name} is not ready: ${output}`);
    },
    async stop() {
      if (child === undefined || !isRunning(child)) return;
      const exited = new Promise((resolve) => child!.once('exit', resolve));
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/** `fairhop agent` of one subscriber. */
export interface AgentVictim extends Victim {
  readonly dataDirectory: string;
  readonly control: Subscriber['control'];
  /** Resolves when the coordinator welcomed the process that runs now. */
  readonly ready: Subscriber['ready'];
}

export function createAgentVictim(config: SubscriberConfig): AgentVictim {
  let subscriber: Subscriber | undefined;
  return {
    name: config.name,
    dataDirectory: config.dataDirectory,
    get control() {
      return subscriber!.control;
    },
    get ready() {
      return subscriber!.ready;
    },
    start() {
      subscriber = startSubscriber(config);
      // It may be killed before.
      subscriber.ready.catch(() => undefined);
    },
    async kill() {
      const { ready, process: child } = subscriber!;
      if (isRunning(child)) return killed(config.name, child, () => '');
      await ready;
      throw new Error(`${config.name} ended on its own with ${child.exitCode}`);
    },
    stop: async () => subscriber?.stop(),
  };
}
