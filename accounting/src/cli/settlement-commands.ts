import type { Command } from 'commander';
import { withServiceOptions } from './service-client.js';

/** `settlement net | list`. */
export function registerSettlementCommands(program: Command): void {
  const settlement = program
    .command('settlement')
    .description('what two ISPs owe each other in a period, and the statements of closed periods')
    .addHelpText('after', examples);
  withServiceOptions(settlement.command('net <one> <other>'))
    .description('bytes in both directions between two ISPs, their ratio, the amounts, and who owes whom')
    .requiredOption('--period <period>', 'month or quarter, such as 2026-11 or 2026-Q4')
    .option(
      '--tz, --time-zone <zone>',
      'IANA zone of the period (default: that of their contracts, UTC without any)',
    )
    .addHelpText('after', examples)
    .action(async (one, other, options) =>
      (await import('./run-settlement.js')).showNetStatement(one, other, options),
    );
  withServiceOptions(settlement.command('list'))
    .description('statements of closed periods, the newest first, those too in whose place is a newer one')
    .option('--isp <isp>', 'only those with this ISP')
    .addHelpText('after', '\nExample:\n  $ fairhop settlement list --isp sp2')
    .action(async (options) => (await import('./run-settlement.js')).listNetStatements(options));
}

const examples = `
Examples:
  $ fairhop settlement net sp1 sp2 --period 2026-Q4
  $ fairhop settlement net sp1 sp2 --period 2026-11 --tz Europe/London --json`;
