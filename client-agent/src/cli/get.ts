import { resolve } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import { printConfig, printJson } from '@fairhop/shared/service';
import { createAgent } from '../agent.js';
import type { Agent, DownloadProgress, DownloadResult } from '../agent-types.js';
import { createControlClient } from '../control-client.js';
import { cleanupRtc } from '../peer/index.js';
import { loadAgentConfig, logOf, type SharedOptions } from './options.js';
import { createProgressView, describeResult } from './progress-view.js';

interface GetOptions extends SharedOptions {
  output?: string;
  force?: boolean;
  inOrder?: boolean;
  keepSeeding?: boolean;
  json?: boolean;
}

/** An orderly end posts what is to be reported, but does not keep a user waiting. */
const STOP_TIMEOUT_MS = 10_000;

export async function get(reference: string, given: object): Promise<void> {
  const options = given as GetOptions;
  const loaded = loadAgentConfig(options, reference);
  if (options.printConfig) {
    process.stdout.write(`${printConfig(loaded)}\n`);
    return;
  }
  const { config } = loaded;
  const log = logOf(options);
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  const view = createProgressView();
  const command = {
    force: options.force ?? false,
    mode: options.inOrder ? ('in-order' as const) : ('rarest' as const),
    ...(options.output === undefined
      ? { outputDirectory: process.cwd() }
      : { output: resolve(options.output) }),
  };
  const onProgress = (progress: DownloadProgress): void => view.show(progress);
  const agent = createAgent(config, { log });
  try {
    const running = await startUnlessRunning(agent);
    const result = running
      ? await agent.download(reference, { ...command, onProgress, signal: interrupt.signal })
      : await createControlClient(config.dataDirectory).download(
          { reference, ...command },
          onProgress,
          interrupt.signal,
        );
    view.end();
    tell(result, options.json ?? false);
    if (options.keepSeeding && running) await untilAborted(interrupt.signal);
  } finally {
    view.end();
    await stopBounded(agent);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** False if an agent runs already on the data directory: that one does the work. */
async function startUnlessRunning(agent: Agent): Promise<boolean> {
  try {
    await agent.start();
    return true;
  } catch (error) {
    if (error instanceof FairhopError && error.code === 'data-directory-locked') return false;
    throw error;
  }
}

function tell(result: DownloadResult, json: boolean): void {
  if (json) {
    printJson(result);
    return;
  }
  process.stderr.write(`${result.title}: ${describeResult(result)}\n`);
  process.stdout.write(`${result.output}\n`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener('abort', () => done(), { once: true });
  });
}

async function stopBounded(agent: Agent): Promise<void> {
  const cut = setTimeout(() => process.exit(process.exitCode ?? 1), STOP_TIMEOUT_MS);
  await agent.stop();
  cleanupRtc();
  clearTimeout(cut);
}
