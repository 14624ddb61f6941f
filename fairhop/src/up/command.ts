import { FairhopError } from '@fairhop/shared/model';
import { optionParser, parseBitRate } from '@fairhop/shared/service';
import type { Command } from 'commander';
import type { UpOptions } from './run.js';

const port = (value: string): number => {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > 65_535)
    throw new FairhopError('invalid-option', 'must be a port from 1 to 65535', { status: 400 });
  return number;
};

const EXAMPLES = `
Examples:
  $ fairhop up --data-dir ./fairhop-data
  $ fairhop up --as-graph networks.json --edge-rate 1Gbit/s

What it prints names the file with the operator's token; other commands take it from FAIRHOP_TOKEN:
  $ export FAIRHOP_TOKEN=$(cat ./fairhop-data/operator.token)
  $ fairhop owner add moviestudio
  $ fairhop publish film.mp4 --owner moviestudio --name film.mp4 --origin-directory ./fairhop-data/origin`;

export const registerUpCommand = (program: Command): void => {
  program
    .command('up')
    .description('run coordinator, accounting and one edge in this process')
    .option('--data-dir <dir>', 'where everything is kept', 'fairhop-data')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
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
    .option('--log-level <level>', 'fatal, error, warn, info, debug or trace', 'info')
    .option('--json', 'print addresses as one JSON document')
    .addHelpText('after', EXAMPLES)
    .action(async (options: UpOptions) => {
      const { runUp } = await import('./run.js');
      await runUp(options);
    });
};
