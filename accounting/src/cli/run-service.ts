import {
  createEmptyAsGraph,
  createLog,
  isThisMachine,
  loadConfig,
  localDirectory,
  localOperatorToken,
  printConfig,
  runUntilSignal,
} from '@fairhop/shared/service';
import { z } from 'zod';
import { accountingConfigSchema, createAccountingService } from '../index.js';
import { writeLine } from './print.js';

interface RunOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly dataDir?: string;
  readonly bind?: string;
  readonly asGraph?: string;
  readonly topologies?: string;
  readonly places?: string;
  readonly coordinator?: string;
  readonly useBundledAsnDataset: boolean;
  readonly [flag: string]: unknown;
}

/** Runs the service until it is told to end. */
export async function runService(options: RunOptions): Promise<void> {
  const { config: file, printConfig: isToPrint, dataDir, bind, asGraph, coordinator, ...others } = options;
  const { useBundledAsnDataset, topologies, places, ...flags } = others;
  const local = localDirectory(dataDir);
  const ownDirectory = local.folderOf('accounting');
  const loaded = loadConfig({
    schema: accountingConfigSchema.extend({ asGraphFile: z.string().min(1).default(local.asGraphFile) }),
    name: 'accounting',
    file,
    env: process.env,
    flags: {
      ...flags,
      host: bind,
      dataDirectory: dataDir === undefined ? undefined : ownDirectory,
      asGraphFile: asGraph,
      coordinatorUrl: coordinator,
      topologyDirectory: topologies,
      placesFile: places,
      // Commander gives true when the flag is absent; only its presence says something.
      useBundledAsnDataset: useBundledAsnDataset ? undefined : false,
    },
    flagNames: {
      host: '--bind',
      dataDirectory: '--data-dir',
      asGraphFile: '--as-graph',
      coordinatorUrl: '--coordinator',
      topologyDirectory: '--topologies',
      placesFile: '--places',
    },
  });
  if (isToPrint) {
    writeLine(printConfig(loaded));
    return;
  }
  const { config } = loaded;
  if (config.asGraphFile === local.asGraphFile) await createEmptyAsGraph(local);
  // Where the ledger has a place of its own, its token is its own too.
  const isShared = config.dataDirectory === ownDirectory;
  const operatorToken = config.operatorToken ?? (isShared ? await localOperatorToken(local) : undefined);
  // The token of the services here is nothing that another machine's coordinator should get to see.
  const isOneToken = isShared && config.operatorToken === undefined && isThisMachine(config.coordinatorUrl);
  const coordinatorToken = config.coordinatorToken ?? (isOneToken ? operatorToken : undefined);
  const log = createLog({ name: 'accounting', level: config.logLevel });
  const service = createAccountingService({ ...config, operatorToken, coordinatorToken }, { log });
  await runUntilSignal({
    start: async () => {
      await service.start();
      writeLine(`accounting listens on ${service.url}`);
    },
    stop: () => service.stop(),
  });
}
