import { type Command, Option } from 'commander';
import { registerBeliefCommands } from './belief-commands.js';
import { registerAlertCommands, registerBudgetCommands } from './budget-commands.js';
import { registerContractCommands } from './contract-commands.js';
import { registerInvoiceCommands } from './invoice-commands.js';
import { registerNetworkCommands } from './network-commands.js';
import { registerPartyCommands } from './party-commands.js';
import { registerQueryCommands } from './query-commands.js';
import { registerScheduleCommands } from './schedule-commands.js';
import { withServiceOptions } from './service-client.js';
import { registerSettlementCommands } from './settlement-commands.js';
import { registerSuspectCommand } from './suspect-command.js';

export { registerBudgetCommands };

/** Adds `accounting`, `query`, `audit`, those about paths, components, topologies, accounting objects, transfers and settlement, and `budget` and `alerts` under `owner`, which is made if it is not there yet. */
export function registerAccountingCommands(program: Command): void {
  registerRun(program);
  registerQueryCommands(program);
  registerNetworkCommands(program);
  registerBeliefCommands(program);
  registerSuspectCommand(program);
  registerPartyCommands(program);
  registerContractCommands(program);
  registerInvoiceCommands(program);
  registerSettlementCommands(program);
  registerScheduleCommands(program);
  withServiceOptions(program.command('audit'))
    .description('prove that every sum of the ledger equals every other; exit code 1 when one does not')
    .addHelpText('after', '\nExample:\n  $ fairhop audit --json')
    .action(async (options) => (await import('./run-audit.js')).runAudit(options));
  const owner =
    program.commands.find((command) => command.name() === 'owner') ??
    program.command('owner').description("content owners' affairs");
  registerBudgetCommands(owner);
  registerAlertCommands(program);
}

function registerRun(program: Command): void {
  program
    .command('accounting')
    .description('run the accounting service: it books transfers and answers queries')
    .option('--config <file>', 'JSON file with any of these settings and more')
    .addOption(
      new Option(
        '--data-dir <dir>',
        'shared by the services of this machine; accounting/ in it is its own (default: fairhop-data)',
      ).env('FAIRHOP_DATA_DIR'),
    )
    .option('--bind <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 4602)')
    .option(
      '--as-graph <file>',
      'ASes, ISPs, prefixes and links; loaded anew when it changes (default: as-graph.json in --data-dir, made empty)',
    )
    .option('--topologies <dir>', 'files <isp>.json in which ISPs declare their own networks; followed')
    .option(
      '--places <file>',
      "database of places in MaxMind's format (default: the bundled one, of countries)",
    )
    .option('--coordinator <url>', 'whose keys are believed (default: http://127.0.0.1:4601)')
    .option('--coordinator-id <id>', 'its id, as tokens and grants name it (default: coordinator)')
    .option('--no-use-bundled-asn-dataset', "know only the AS graph's own prefixes")
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent (default: info)')
    .option('--print-config', 'print every setting and where it comes from, and end')
    .addHelpText('after', runHelp)
    .action(async (options) => (await import('./run-service.js')).runService(options));
}

const runHelp = `
Each setting can also be given as FAIRHOP_ACCOUNTING_<SETTING>, for example FAIRHOP_ACCOUNTING_PORT. The operator's token,
which queries take, is FAIRHOP_ACCOUNTING_OPERATOR_TOKEN, or operator.token in --data-dir, made by the first service that
starts there.

Examples:
  Beside \`fairhop coordinator\` and \`fairhop edge\` in two other terminals:
    $ fairhop accounting
  On a machine of its own:
    $ fairhop accounting --coordinator https://coordinator.example --as-graph networks.json --data-dir /var/lib/fairhop
    $ fairhop accounting --config accounting.json --print-config
  With what ISPs declare of their own routers, switches and links:
    $ fairhop accounting --topologies /var/lib/fairhop/topologies`;
