import { mkdir } from 'node:fs/promises';
import { coordinatorEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import {
  loadConfig,
  localDirectory,
  parseBitRate,
  parseByteSize,
  printConfig,
  runUntilSignal,
  withOperatorToken,
} from '@fairhop/shared/service';
import { z } from 'zod';
import { edgeConfigSchema } from '../config.js';
import { createEdge } from '../edge.js';

interface RunOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly dataDir?: string;
  readonly bind?: string;
  readonly coordinator?: string;
  readonly accounting?: string;
  readonly cacheSize?: string;
  readonly rate?: string;
  readonly [flag: string]: unknown;
}

/** Runs an edge until it is told to end. */
export async function runEdge(options: RunOptions): Promise<void> {
  const { config: file, printConfig: isToPrint, dataDir, bind, cacheSize, rate, ...others } = options;
  const { coordinator, accounting, ...flags } = others;
  const local = localDirectory(dataDir);
  const loaded = loadConfig({
    schema: edgeConfigSchema.extend({ originDirectory: z.string().min(1).default(local.originDirectory) }),
    name: 'edge',
    file,
    env: process.env,
    flags: {
      ...flags,
      host: bind,
      dataDirectory: dataDir === undefined ? undefined : local.folderOf('edge'),
      coordinatorUrl: coordinator,
      accountingUrl: accounting,
      cacheBytes: cacheSize === undefined ? undefined : parseByteSize(cacheSize),
      rateBitsPerSecond: rate === undefined ? undefined : parseBitRate(rate),
    },
    flagNames: {
      host: '--bind',
      dataDirectory: '--data-dir',
      coordinatorUrl: '--coordinator',
      accountingUrl: '--accounting',
      cacheBytes: '--cache-size',
      rateBitsPerSecond: '--rate',
    },
  });
  if (isToPrint) {
    process.stdout.write(`${printConfig(loaded)}\n`);
    return;
  }
  const { config } = loaded;
  if (config.originDirectory === local.originDirectory)
    await mkdir(local.originDirectory, { recursive: true });
  const edge = createEdge(config, {
    makeJoinToken: () => makeJoinToken({ coordinatorUrl: config.coordinatorUrl, dataDir }),
  });
  await runUntilSignal({
    start: async () => {
      await edge.start();
      process.stdout.write(`edge ${edge.id} listens on ${edge.url}\n`);
    },
    stop: () => edge.stop(),
  });
}

/** With the operator's token, where the coordinator keeps it in the same directory. */
function makeJoinToken(options: {
  coordinatorUrl: string;
  dataDir: string | undefined;
}): Promise<string | undefined> {
  const { coordinatorUrl: baseUrl, dataDir } = options;
  return withOperatorToken({ dataDir }, baseUrl, async (token) => {
    if (token === undefined) return undefined;
    const http = createHttpClient();
    try {
      const operator = createClient(coordinatorEndpoints, { http, baseUrl, token });
      return (await operator.createJoinToken({})).joinToken;
    } finally {
      await http.close();
    }
  }).catch((error: unknown) => {
    // An edge far from its coordinator has no operator's token; it needs to be given a join token, and is told so.
    if (error instanceof FairhopError && error.code === 'token-unreadable') return undefined;
    throw error;
  });
}
