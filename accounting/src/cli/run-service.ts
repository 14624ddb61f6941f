import { createLog, loadConfig, printConfig, runUntilSignal } from '@fairhop/shared/service';
import { accountingConfigSchema, createAccountingService } from '../index.js';
import { writeLine } from './print.js';

interface RunOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly useBundledAsnDataset: boolean;
  readonly [flag: string]: unknown;
}

/** Runs the service until it is told to end. */
export async function runService(options: RunOptions): Promise<void> {
  const { config: file, printConfig: isToPrint, useBundledAsnDataset, ...flags } = options;
  const loaded = loadConfig({
    schema: accountingConfigSchema,
    name: 'accounting',
    file,
    env: process.env,
    // Commander gives true when the flag is absent; only its presence says something.
    flags: { ...flags, ...(useBundledAsnDataset ? {} : { useBundledAsnDataset }) },
  });
  if (isToPrint) {
    writeLine(printConfig(loaded));
    return;
  }
  const log = createLog({ name: 'accounting', level: loaded.config.logLevel });
  const service = createAccountingService(loaded.config, { log });
  await runUntilSignal(service);
}
