import { FairhopError } from '@fairhop/shared/model';
import { printConfig, runUntilSignal } from '@fairhop/shared/service';
import { createAgent } from '../agent.js';
import type { Agent, DownloadProgress } from '../agent-types.js';
import { cleanupRtc } from '../peer/index.js';
import { type AgentEvent, createAgentNews, offlineEvent } from './agent-news.js';
import { loadAgentConfig, logOf, type SharedOptions } from './options.js';
import { describeProgress, describeResult } from './progress-view.js';

interface AgentOptions extends SharedOptions {
  get: string[];
  inOrder?: boolean;
  json?: boolean;
}

type Tell = (event: AgentEvent) => void;

/** A coordinator that did not answer by then is told of as not there; the agent goes on trying. */
const ONLINE_TIMEOUT_MS = 4000;
/** Progress lines of a background process need not be many. */
const PROGRESS_INTERVAL_MS = 1000;
const STOP_TIMEOUT_MS = 15_000;

export async function agent(given: object): Promise<void> {
  const options = given as AgentOptions;
  const loaded = loadAgentConfig(options, options.get[0]);
  if (options.printConfig) {
    process.stdout.write(`${printConfig(loaded)}\n`);
    return;
  }
  const tell: Tell = ({ event, facts, text }) => {
    process.stdout.write(options.json ? `${JSON.stringify({ event, ...facts })}\n` : `${text}\n`);
  };
  const news = createAgentNews();
  const tellNews = (): void => {
    for (const event of news.of(running.status())) tell(event);
  };
  const running = createAgent(loaded.config, { log: logOf(options), onChange: tellNews });
  let isStarted = false;
  await runUntilSignal({
    start: async (signal) => {
      await running.start();
      isStarted = true;
      running.online(ONLINE_TIMEOUT_MS).catch((error: unknown) => {
        if (!signal.aborted) tell(offlineEvent(error instanceof Error ? error.message : String(error)));
      });
      for (const reference of options.get) void download(running, reference, options, tell, signal);
    },
    stop: async () => {
      await running.stop();
      cleanupRtc();
      if (isStarted) tell({ event: 'stopped', facts: {}, text: 'stopped' });
    },
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
}

async function download(
  running: Agent,
  reference: string,
  options: AgentOptions,
  tell: Tell,
  signal: AbortSignal,
): Promise<void> {
  let lastMs = Number.NEGATIVE_INFINITY;
  const onProgress = (progress: DownloadProgress): void => {
    if (performance.now() - lastMs < PROGRESS_INTERVAL_MS) return;
    lastMs = performance.now();
    tell({
      event: 'progress',
      facts: { ...progress },
      text: `${progress.title}: ${describeProgress(progress)}`,
    });
  };
  try {
    const result = await running.download(reference, {
      mode: options.inOrder ? 'in-order' : 'rarest',
      onProgress,
      signal,
    });
    tell({ event: 'downloaded', facts: { ...result }, text: `${result.title}: ${describeResult(result)}` });
  } catch (error) {
    const code = error instanceof FairhopError ? error.code : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    tell({
      event: 'failed',
      facts: { reference, code, message },
      text: `${reference}: ${message} [${code}]`,
    });
  }
}
