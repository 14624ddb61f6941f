import { type Command, Option } from 'commander';

/** Adds `edge`. */
export function registerEdgeCommands(program: Command): void {
  program
    .command('edge')
    .description("run an edge: it fills from owners' origins, serves ranges, and reports what it moved")
    .option('--config <file>', 'JSON file with any of these settings and more')
    .option('--id <id>', 'name of this edge at its coordinator (default: edge)')
    .option('--coordinator <url>', 'the coordinator (default: http://127.0.0.1:4601)')
    .option(
      '--join-token <token>',
      'one-time token of the first start; "fairhop coordinator join-token" makes one (not needed beside a coordinator: see below)',
    )
    .addOption(
      new Option(
        '--data-dir <dir>',
        'shared by the services of this machine; edge/ in it is its own (default: fairhop-data)',
      ).env('FAIRHOP_DATA_DIR'),
    )
    .option('--bind <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on, 0 for any free one (default: 4603)')
    .option('--public-url <url>', 'base URL as clients reach it (default: the address it listens on)')
    .option('--cache-size <size>', 'most that the cache takes on disk, such as 50GiB (default: 10GiB)')
    .option(
      '--origin-directory <dir>',
      'directory that titles with a directory origin are filled from (default: origin in --data-dir)',
    )
    .option('--rate <rate>', 'cap on what the edge serves, such as 40Mbit/s (default: none)')
    .option('--accounting <url>', 'where reports go (default: the coordinator tells)')
    .option('--log-level <level>', 'fatal, error, warn, info, debug, trace or silent (default: info)')
    .option('--print-config', 'print every setting and where it comes from, and end')
    .addHelpText('after', helpText)
    .action(async (options) => (await import('./run-edge.js')).runEdge(options));
}

const helpText = `
The first start takes a join token; from then on the edge is known by the key in its data directory. Where a coordinator of
this machine keeps its operator.token in the same --data-dir, the edge gets a join token by itself. Each setting can also be
given as FAIRHOP_EDGE_<SETTING>, for example FAIRHOP_EDGE_JOIN_TOKEN, which keeps it out of the process list.

Examples:
  Beside \`fairhop coordinator\` and \`fairhop accounting\` in two other terminals:
    $ fairhop edge
  On a machine of its own:
    $ fairhop edge --coordinator https://coordinator.example --join-token "$TOKEN" --bind 192.0.2.7
    $ fairhop edge --origin-directory /srv/films --cache-size 200GiB --rate 5Gbit/s --print-config`;
