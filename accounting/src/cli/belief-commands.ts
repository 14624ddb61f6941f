import type { Command } from 'commander';
import { parseCount } from './query-options.js';
import { withServiceOptions } from './service-client.js';

const example = (line: string): string => `\nExample:\n  $ fairhop ${line}`;

/** `transfer`, `disputes`, `contradictions`. */
export function registerBeliefCommands(program: Command): void {
  withServiceOptions(program.command('transfer <transfer>'))
    .description('what both sides signed of a transfer between agents, and what is believed of its bytes')
    .addHelpText('after', example('transfer 7c9e6679-7425-40de-944b-e07fc1f90ae7'))
    .action(async (transfer, options) => (await import('./run-belief.js')).showTransfer(transfer, options));
  withServiceOptions(program.command('disputes'))
    .description('transfers whose sides differ, the newest first, with what each side signed')
    .option('--agent <key>', 'only those of this agent')
    .option('--limit <count>', 'so many at most, up to 1000 (default: 100)', parseCount)
    .addHelpText('after', example('disputes --limit 20'))
    .action(async (options) => (await import('./run-belief.js')).listDisputes(options));
  withServiceOptions(program.command('contradictions'))
    .description('statements that one agent signed and that cannot both be true: a history told twice')
    .option('--agent <key>', 'only of this agent')
    .option('--limit <count>', 'so many at most, up to 1000 (default: 100)', parseCount)
    .option('--after <id>', 'go on after this id, the last one of the page before', parseCount)
    .addHelpText('after', example('contradictions --json'))
    .action(async (options) => (await import('./run-belief.js')).listContradictions(options));
}
