import { type Command, Option } from 'commander';
import { collectDimensions, parseCount, parseHours, parseInstant } from './query-options.js';
import { withServiceOptions } from './service-client.js';

const kinds = ['edge-to-client', 'client-to-client', 'edge-to-edge', 'origin-to-edge'];

/** `query bytes | events | files | difference | matrix`. */
export function registerQueryCommands(program: Command): void {
  const query = program
    .command('query')
    .description('ask the ledger which networks carried whose bytes, and when')
    .addHelpText('after', examples);
  bytesLike(query, 'bytes', 'bytes that crossed, left or reached networks').addHelpText(
    'after',
    example('bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --tz Europe/London'),
  );
  bytesLike(query, 'events', 'number of booked transfer events').addHelpText(
    'after',
    example('events --kind client-to-client --group-by day'),
  );
  withTime(query.command('files'))
    .description('files that a host received completely')
    .requiredOption(
      '--host <key>',
      "the agent's key, as its status tells; plain HTTP clients confirm no files",
    )
    .option('--owner <owner>', 'only files of this owner')
    .option('--title <owner/name>', 'only this title')
    .addHelpText('after', example('files --host 6xJ9…f0E --owner moviestudio'))
    .action(async (options) => (await import('./run-query.js')).runQuery('files', options));
  withTime(query.command('difference'))
    .description('bytes that left A and entered B, less those that left B and entered A')
    .requiredOption('--leaves <network>', 'A: an ISP such as SP1, or an AS such as as:64501')
    .requiredOption('--enters <network>', 'B')
    .option('--owner <owner>', 'only content of this owner')
    .addHelpText('after', example('difference --leaves SP1 --enters SP2 --period 2026-Q4'))
    .action(async (options) => (await import('./run-query.js')).runQuery('difference', options));
  withTime(query.command('matrix'))
    .description('bytes from each ISP to each ISP, by where they began and ended')
    .option('--owner <owner>', 'only content of this owner')
    .addHelpText('after', example('matrix --json'))
    .action(async (options) => (await import('./run-query.js')).runMatrix(options));
}

function bytesLike(query: Command, measure: 'bytes' | 'events', description: string): Command {
  return withTime(query.command(measure))
    .description(description)
    .option('--leaves <network>', 'left this ISP or AS on the way …')
    .option('--enters <network>', '… and later entered this one, next to it or not')
    .option('--source <network>', 'began in this ISP or AS')
    .option('--destination <network>', 'was delivered to hosts in this ISP or AS')
    .option('--host <key>', "was delivered to this host: an agent's key, or an address")
    .option('--owner <owner>', 'content of this owner')
    .option('--title <owner/name>', 'this title')
    .addOption(new Option('--kind <kind>', 'this kind of transfer').choices(kinds))
    .option(
      '--group-by <dimension>',
      'sums by source-isp, destination-isp, source-as, destination-as, owner, title, kind, hour, day or month; up to 3, with commas',
      collectDimensions,
    )
    .option('--limit <count>', 'most rows of a grouped answer', parseCount)
    .action(async (options) => (await import('./run-query.js')).runQuery(measure, options));
}

const example = (line: string): string => `\nExample:\n  $ fairhop query ${line}`;

const withTime = (command: Command): Command =>
  withServiceOptions(
    command
      .option('--period <period>', 'a month 2026-11 or a quarter 2026-Q4, in the zone of --tz')
      .option('--from <time>', 'from this time on, ISO 8601', parseInstant)
      .option('--to <time>', 'up to this time, not included', parseInstant)
      .option('--hours <from-to>', 'only these hours of the day, such as 18:00-00:00', parseHours)
      .option('--tz, --time-zone <zone>', 'IANA zone of hours, periods, days and months (default: UTC)'),
  );

const examples = `
Examples:
  All bytes that left SP1 and entered SP2 in the evening:
    $ fairhop query bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --tz Europe/London
  All of moviestudio's that left SP1 and entered SP2:
    $ fairhop query bytes --leaves SP1 --enters SP2 --owner moviestudio
  All of moviestudio's that were delivered to subscribers of SP1, day by day:
    $ fairhop query bytes --destination SP1 --owner moviestudio --group-by day
  How many of moviestudio's files a host received:
    $ fairhop query files --host 6xJ9…f0E --owner moviestudio
  SP1 to SP2 less SP2 to SP1 in the last quarter of 2026:
    $ fairhop query difference --leaves SP1 --enters SP2 --period 2026-Q4
  Every ISP to every ISP:
    $ fairhop query matrix --json`;
