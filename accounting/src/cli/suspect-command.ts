import type { Command } from 'commander';
import { parseCount } from './query-options.js';
import { withServiceOptions } from './service-client.js';

/** `suspects`. */
export function registerSuspectCommand(program: Command): void {
  withServiceOptions(program.command('suspects'))
    .description('agents under suspicion, the highest score first, with why and with what shows it')
    .option('--limit <count>', 'so many at most, up to 1000 (default: 100)', parseCount)
    .option('--evidence', 'what shows it too')
    .addHelpText('after', '\nExample:\n  $ fairhop suspects --evidence')
    .action(async (options) => (await import('./run-suspects.js')).listSuspects(options));
}
