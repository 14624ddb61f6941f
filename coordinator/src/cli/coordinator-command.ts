import { type Command, Option } from 'commander';
import { addCallOptions, lazily } from './command-kit.js';

export function addCoordinatorCommand(program: Command): void {
  const command = program
    .command('coordinator')
    .description('run the coordinator: catalogue, permission, agent sessions, landing pages')
    .option('--config <file>', 'JSON file with any of the keys below')
    .option('--id <id>', 'name of this coordinator in tokens and permits (default: coordinator)')
    .option('--bind <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 4601)')
    .option('--public-url <url>', 'base URL as clients reach it (default: the address it listens on)')
    .addOption(
      new Option(
        '--data-dir <dir>',
        'shared by the services of this machine; coordinator/ in it is its own (default: fairhop-data)',
      ).env('FAIRHOP_DATA_DIR'),
    )
    .option(
      '--as-graph <file>',
      'ASes, ISPs, prefixes and links (default: as-graph.json in --data-dir, made empty)',
    )
    .option('--accounting <url>', 'where agents and edges report (default: http://127.0.0.1:4602)')
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
Each key may also come from the environment: FAIRHOP_COORDINATOR_DATA_DIRECTORY (its own folder) and so on. The operator's
token is operator.token in --data-dir, made by the first service that starts there.

Examples:
  Three terminals, each in the same directory, are a whole system; \`fairhop up\` is the three in one:
    $ fairhop coordinator
    $ fairhop accounting
    $ fairhop edge
  On a machine of its own:
    $ fairhop coordinator --bind 192.0.2.1 --public-url https://coordinator.example \\
        --accounting https://accounting.example --as-graph networks.json`,
    )
    .action(lazily(async () => (await import('./run-coordinator.js')).runCoordinator));
  addCallOptions(
    command.command('join-token').description('make a one-time token with which an edge registers'),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop coordinator join-token --data-dir ./fairhop-data')
    .action(lazily(async () => (await import('./run-coordinator.js')).makeJoinToken));
  addCallOptions(
    command
      .command('rotate-key')
      .description('sign with another key from now on; sessions, transfers and late reports go on')
      .option(
        '--revoke-old',
        'the key was stolen: believe nothing any more that it signed, late reports included',
      ),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop coordinator rotate-key --data-dir ./fairhop-data')
    .action(lazily(async () => (await import('./run-coordinator.js')).rotateKey));
}
