import type { Command } from 'commander';
import { addCallOptions, lazily } from './command-kit.js';

export function addCoordinatorCommand(program: Command): void {
  const command = program
    .command('coordinator')
    .description('run the coordinator: catalogue, permission, agent sessions, landing pages')
    .option('--config <file>', 'JSON file with any of the keys below')
    .option('--id <id>', 'name of this coordinator in tokens and permits (default: coordinator)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 4601)')
    .option('--public-url <url>', 'base URL as clients reach it (default: the address it listens on)')
    .option(
      '--data-directory <dir>',
      'where it keeps everything; made if it is not there (default: fairhop-data/coordinator)',
    )
    .option('--as-graph-file <file>', 'ASes, ISPs, prefixes and links (JSON)')
    .option('--accounting-url <url>', 'where agents and edges report')
    .option(
      '--use-bundled-asn-dataset <yes>',
      'look other addresses up in the dataset that comes along (true)',
    )
    .option(
      '--use-live-asn-source <yes>',
      'ask Team Cymru over the network for what is still unknown (false)',
    )
    .option('--requests-per-minute <count>', 'most requests of one client address (default: 6000)')
    .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (default: info)')
    .option('--print-config', 'print the configuration with its sources, and end')
    .addHelpText(
      'after',
      `
Each key may also come from the environment: FAIRHOP_COORDINATOR_DATA_DIRECTORY and so on.

Examples:
  $ fairhop coordinator --data-directory ./coordinator --as-graph-file as-graph.json
  $ fairhop coordinator join-token --data-directory ./coordinator`,
    )
    .action(lazily(async () => (await import('./run-coordinator.js')).runCoordinator));
  addCallOptions(
    command.command('join-token').description('make a one-time token with which an edge registers'),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop coordinator join-token --data-directory ./coordinator')
    .action(lazily(async () => (await import('./run-coordinator.js')).makeJoinToken));
}
