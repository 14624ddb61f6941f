import { FairhopError } from '@fairhop/shared/model';
import { DEFAULT_LOCAL_DIRECTORY, optionParser, parseBitRate } from '@fairhop/shared/service';
import { type Command, Option } from 'commander';
import type { UpOptions } from './run.js';

const port = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new FairhopError('invalid-option', 'must be a port from 1 to 65535', { status: 400 });
  return number;
};

const EXAMPLES = `
Examples:
  $ fairhop up
  $ fairhop up --data-dir ./data --as-graph networks.json --edge-rate 1Gbit/s

In another terminal, in the same directory, the operator's commands (owner, publish, isp, query, contract, invoice
and others) find the operator's token in ./fairhop-data/operator.token and put published files into ./fairhop-data/origin;
with another --data-dir, give it to them too (or set FAIRHOP_DATA_DIR):
  $ fairhop owner add moviestudio
  $ fairhop publish film.mp4 --owner moviestudio
  $ fairhop query matrix

A download needs no token; get, agent and status have a data directory of their own:
  $ fairhop get moviestudio/film.mp4 -o copy.mp4

The same three apart, each in a terminal of its own in the same directory: \`fairhop coordinator\`,
\`fairhop accounting\`, \`fairhop edge\`.`;

export const registerUpCommand = (program: Command): void => {
  program
    .command('up')
    .description('run coordinator, accounting and one edge in this process')
    .addOption(
      new Option('--data-dir <dir>', 'where everything is kept')
        .env('FAIRHOP_DATA_DIR')
        .default(DEFAULT_LOCAL_DIRECTORY),
    )
    .option('--bind <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
    .option(
      '--public-host <host>',
      'name or address at which others reach this machine (default: that of --bind)',
    )
    .option('--coordinator-port <port>', 'port of the coordinator', optionParser(port), 4601)
    .option('--accounting-port <port>', 'port of accounting', optionParser(port), 4602)
    .option('--edge-port <port>', 'port of the edge', optionParser(port), 4603)
    .option(
      '--as-graph <file>',
      'JSON file of ASes, ISPs, prefixes and links (default: an empty one in the data directory)',
    )
    .option(
      '--origin-directory <dir>',
      "files that the edge serves as the owners' origin (default: origin/ in the data directory)",
    )
    .option(
      '--edge-rate <rate>',
      'cap of the edge, payload counted, such as 1Gbit/s',
      optionParser(parseBitRate),
    )
    .addOption(
      new Option('--log-level <level>', 'how much to log on standard error')
        .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('warn'),
    )
    .option('--json', 'print addresses as one JSON document once it runs')
    .addHelpText('after', EXAMPLES)
    .action(async (options: UpOptions) => {
      const { runUp } = await import('./run.js');
      await runUp(options);
    });
};
