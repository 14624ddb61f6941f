import { loadConfig, printConfig, runUntilSignal } from '@fairhop/shared/service';
import type { Command } from 'commander';
import { coordinatorConfigSchema } from '../config.js';
import { createCoordinator } from '../coordinator.js';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';

interface RunFlags extends Record<string, unknown> {
  readonly config?: string;
  readonly printConfig?: boolean;
}

/** Runs until it is told to end. */
export async function runCoordinator({
  config: file,
  printConfig: print,
  ...flags
}: RunFlags): Promise<void> {
  const loaded = loadConfig({
    schema: coordinatorConfigSchema,
    name: 'coordinator',
    file,
    env: process.env,
    flags,
  });
  if (print) {
    process.stdout.write(`${printConfig(loaded)}\n`);
    return;
  }
  const coordinator = createCoordinator(loaded.config);
  await runUntilSignal({
    start: async () => {
      await coordinator.start();
      process.stdout.write(`coordinator listens on ${coordinator.url}\n`);
    },
    stop: () => coordinator.stop(),
  });
}

/** `--data-directory` belongs to the parent command too, which reads it first. */
export async function makeJoinToken(_options: CallOptions, command: Command): Promise<void> {
  const options = command.optsWithGlobals<CallOptions>();
  await callAndPrint(
    options,
    (client) => client.createJoinToken({}),
    ({ joinToken }) => joinToken,
  );
}
