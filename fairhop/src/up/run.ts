import { type LogLevel, printJson, runUntilSignal } from '@fairhop/shared/service';
import { createAllInOne } from './all-in-one.js';

export interface UpOptions {
  readonly dataDir: string;
  readonly bind: string;
  readonly publicHost?: string;
  readonly coordinatorPort: number;
  readonly accountingPort: number;
  readonly edgePort: number;
  readonly asGraph?: string;
  readonly originDirectory?: string;
  readonly edgeRate?: number;
  readonly logLevel: LogLevel;
  readonly json?: boolean;
}

/** Runs all services until the process is told to end. */
export const runUp = async (options: UpOptions): Promise<void> => {
  const all = createAllInOne({
    dataDirectory: options.dataDir,
    host: options.bind,
    coordinatorPort: options.coordinatorPort,
    accountingPort: options.accountingPort,
    edgePort: options.edgePort,
    logLevel: options.logLevel,
    ...(options.publicHost === undefined ? {} : { publicHost: options.publicHost }),
    ...(options.asGraph === undefined ? {} : { asGraphFile: options.asGraph }),
    ...(options.originDirectory === undefined ? {} : { originDirectory: options.originDirectory }),
    ...(options.edgeRate === undefined ? {} : { edgeRateBitsPerSecond: options.edgeRate }),
  });
  const start = async (): Promise<void> => {
    await all.start();
    const { coordinatorUrl, accountingUrl, edgeUrl, operatorTokenFile, originDirectory } = all;
    if (options.json)
      printJson({ coordinatorUrl, accountingUrl, edgeUrl, operatorTokenFile, originDirectory });
    else
      process.stdout.write(
        [
          `coordinator  ${coordinatorUrl}   (API at ${coordinatorUrl}/docs)`,
          `accounting   ${accountingUrl}   (API at ${accountingUrl}/docs)`,
          `edge         ${edgeUrl}`,
          `operator's token in ${operatorTokenFile}; origin files in ${originDirectory}`,
          'running; stop with Ctrl-C',
          '',
        ].join('\n'),
      );
  };
  await runUntilSignal({ start, stop: all.stop });
  if (!options.json) process.stdout.write('stopped\n');
};
