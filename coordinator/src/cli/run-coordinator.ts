import {
  createEmptyAsGraph,
  loadConfig,
  localDirectory,
  localOperatorToken,
  printConfig,
  runUntilSignal,
} from '@fairhop/shared/service';
import type { Command } from 'commander';
import { z } from 'zod';
import { coordinatorConfigSchema } from '../config.js';
import { createCoordinator } from '../coordinator.js';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';

interface RunFlags extends Record<string, unknown> {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly dataDir?: string;
  readonly bind?: string;
  readonly asGraph?: string;
  readonly accounting?: string;
}

/** Runs until it is told to end. */
export async function runCoordinator(options: RunFlags): Promise<void> {
  const { config: file, printConfig: print, dataDir, bind, asGraph, accounting, ...flags } = options;
  const local = localDirectory(dataDir);
  const ownDirectory = local.folderOf('coordinator');
  const loaded = loadConfig({
    schema: coordinatorConfigSchema.extend({
      asGraphFile: z.string().min(1).default(local.asGraphFile),
    }),
    name: 'coordinator',
    file,
    env: process.env,
    flags: {
      ...flags,
      host: bind,
      dataDirectory: dataDir === undefined ? undefined : ownDirectory,
      asGraphFile: asGraph,
      accountingUrl: accounting,
    },
    flagNames: {
      host: '--bind',
      dataDirectory: '--data-dir',
      asGraphFile: '--as-graph',
      accountingUrl: '--accounting',
    },
  });
  if (print) {
    process.stdout.write(`${printConfig(loaded)}\n`);
    return;
  }
  const { config } = loaded;
  if (config.asGraphFile === local.asGraphFile) await createEmptyAsGraph(local);
  // Where the coordinator has a place of its own, its token is its own too.
  const isShared = config.dataDirectory === ownDirectory;
  const operatorToken = config.operatorToken ?? (isShared ? await localOperatorToken(local) : undefined);
  const coordinator = createCoordinator({ ...config, operatorToken });
  await runUntilSignal({
    start: async () => {
      await coordinator.start();
      process.stdout.write(`coordinator listens on ${coordinator.url}\n`);
    },
    stop: () => coordinator.stop(),
  });
}

/** `--data-dir` belongs to the parent command too, which reads it first. */
export async function makeJoinToken(_options: CallOptions, command: Command): Promise<void> {
  const options = command.optsWithGlobals<CallOptions>();
  await callAndPrint(
    options,
    (client) => client.createJoinToken({}),
    ({ joinToken }) => joinToken,
  );
}

export async function rotateKey(_options: CallOptions, command: Command): Promise<void> {
  const options = command.optsWithGlobals<CallOptions & { revokeOld?: boolean }>();
  const { revokeOld = false } = options;
  await callAndPrint(
    options,
    (client) => client.rotateSigningKey({ body: { revokeOld } }),
    ({ publicKey, retired }) =>
      `${publicKey} signs from now on; ${retired.length === 0 ? 'no key before it is believed' : `what ${retired.length} key${retired.length === 1 ? '' : 's'} before it signed is still believed`}`,
  );
}
