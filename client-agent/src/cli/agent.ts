import { FairhopError } from '@fairhop/shared/model';
import { formatBytes, runUntilSignal } from '@fairhop/shared/service';
import { createAgent } from '../agent.js';
import type { Agent, DownloadProgress } from '../agent-types.js';
import { cleanupRtc } from '../peer/index.js';
import { agentConfigOf, logOf, type SharedOptions } from './options.js';
import { describeProgress } from './progress-view.js';

interface AgentOptions extends SharedOptions {
  get: string[];
  inOrder?: boolean;
  json?: boolean;
}

type Tell = (event: string, facts: Record<string, unknown>, text: string) => void;

/** Between two looks for a coordinator that was not there at the start. */
const ONLINE_TIMEOUT_MS = 60_000;
/** Progress lines of a background process need not be many. */
const PROGRESS_INTERVAL_MS = 1000;
const STOP_TIMEOUT_MS = 15_000;

export async function agent(given: object): Promise<void> {
  const options = given as AgentOptions;
  const config = agentConfigOf(options, options.get[0]);
  const running = createAgent(config, { log: logOf(options) });
  const tell: Tell = (event, facts, text) => {
    process.stdout.write(options.json ? `${JSON.stringify({ event, ...facts })}\n` : `${text}\n`);
  };
  let isStarted = false;
  await runUntilSignal({
    start: async (signal) => {
      await running.start();
      isStarted = true;
      void tellReady(running, tell, signal);
      for (const reference of options.get) void download(running, reference, options, tell, signal);
    },
    stop: async () => {
      await running.stop();
      cleanupRtc();
      if (isStarted) tell('stopped', {}, 'stopped');
    },
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
}

async function tellReady(running: Agent, tell: Tell, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await running.online(ONLINE_TIMEOUT_MS);
    } catch (error) {
      if (!signal.aborted)
        tell(
          'offline',
          { message: String(error) },
          `offline: ${error instanceof Error ? error.message : error}`,
        );
      continue;
    }
    const { agent: key, address, isp, asn, upload } = running.status();
    const uploads = upload.ready ? 'uploads are permitted' : `no uploads: ${upload.reasons.join(' ')}`;
    tell(
      'ready',
      { agent: key, address, isp, asn, uploadReady: upload.ready, reasons: upload.reasons },
      `agent ${key} at ${address} (${isp ?? 'unknown ISP'}), ${uploads}`,
    );
    return;
  }
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
    tell('progress', { ...progress }, `${progress.title}: ${describeProgress(progress)}`);
  };
  try {
    const result = await running.download(reference, {
      mode: options.inOrder ? 'in-order' : 'rarest',
      onProgress,
      signal,
    });
    tell(
      'downloaded',
      { ...result },
      `${result.title}: ${formatBytes(result.sizeBytes)} verified in ${result.seconds.toFixed(1)} s; ${describeProgress(result)}`,
    );
  } catch (error) {
    const code = error instanceof FairhopError ? error.code : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    tell('failed', { reference, code, message }, `${reference}: ${message} [${code}]`);
  }
}
