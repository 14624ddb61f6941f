import type { Command } from 'commander';
import { registerBudgetCommands } from './budget-commands.js';
import { registerQueryCommands } from './query-commands.js';
import { withServiceOptions } from './service-client.js';

export { registerBudgetCommands };

/** Adds `accounting`, `query`, `audit`, and `budget` and `alerts` under `owner`, which is made if it is not there yet. */
export function registerAccountingCommands(program: Command): void {
  registerRun(program);
  registerQueryCommands(program);
  withServiceOptions(program.command('audit'))
    .description('prove that every sum of the ledger equals every other; exit code 1 when one does not')
    .addHelpText('after', '\nExample:\n  $ fairhop audit --json')
    .action(async (options) => (await import('./run-audit.js')).runAudit(options));
  const owner =
    program.commands.find((command) => command.name() === 'owner') ??
    program.command('owner').description("content owners' affairs");
  registerBudgetCommands(owner);
}

function registerRun(program: Command): void {
  program
    .command('accounting')
    .description('run the accounting service: it books transfers and answers queries')
    .option('--config <file>', 'JSON file with any of these settings and more')
    .option('--data-directory <path>', 'where the ledger is kept (default: fairhop-data/accounting)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 4602)')
    .option('--as-graph-file <file>', 'ASes, ISPs, prefixes and links as JSON; loaded anew when it changes')
    .option('--coordinator-url <url>', 'whose keys are believed (default: http://127.0.0.1:4601)')
    .option('--no-use-bundled-asn-dataset', "know only the AS graph's own prefixes")
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent (default: info)')
    .option('--print-config', 'print every setting and where it comes from, and end')
    .addHelpText('after', runHelp)
    .action(async (options) => (await import('./run-service.js')).runService(options));
}

const runHelp = `
Each setting can also be given as FAIRHOP_ACCOUNTING_<SETTING>, for example FAIRHOP_ACCOUNTING_PORT. The operator's token,
which queries take, is FAIRHOP_ACCOUNTING_OPERATOR_TOKEN, or is made in the data directory (file operator-token).

Examples:
  $ fairhop accounting --as-graph-file as-graph.json --data-directory /var/lib/fairhop/accounting
  $ fairhop accounting --config accounting.json --print-config`;
