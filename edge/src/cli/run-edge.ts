import {
  loadConfig,
  parseBitRate,
  parseByteSize,
  printConfig,
  runUntilSignal,
} from '@fairhop/shared/service';
import { edgeConfigSchema } from '../config.js';
import { createEdge } from '../edge.js';

interface RunOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly cacheSize?: string;
  readonly rate?: string;
  readonly [flag: string]: unknown;
}

/** Runs an edge until it is told to end. */
export async function runEdge(options: RunOptions): Promise<void> {
  const { config: file, printConfig: isToPrint, cacheSize, rate, ...flags } = options;
  const loaded = loadConfig({
    schema: edgeConfigSchema,
    name: 'edge',
    file,
    env: process.env,
    flags: {
      ...flags,
      ...(cacheSize !== undefined && { cacheBytes: parseByteSize(cacheSize) }),
      ...(rate !== undefined && { rateBitsPerSecond: parseBitRate(rate) }),
    },
  });
  if (isToPrint) {
    process.stdout.write(`${printConfig(loaded)}\n`);
    return;
  }
  const edge = createEdge(loaded.config);
  await runUntilSignal({
    start: async () => {
      await edge.start();
      process.stdout.write(`edge ${edge.id} listens on ${edge.url}\n`);
    },
    stop: () => edge.stop(),
  });
}
