import type { Query } from '@fairhop/shared/contract';
import { type Command, Option } from 'commander';
import {
  collectComponents,
  collectDimensions,
  parseCount,
  parseDays,
  parseHours,
  parseInstant,
} from './query-options.js';
import { withServiceOptions } from './service-client.js';

/** `billable` is edge and settled together. */
const beliefs = ['billable', 'edge', 'settled', 'claimed', 'disputed', 'dropped'];
const kinds = ['edge-to-client', 'client-to-client', 'edge-to-edge', 'origin-to-edge'];

/** `query bytes | events | hosts | files | difference | average-rate | maximum-rate | percentile95 | matrix`. */
export function registerQueryCommands(program: Command): void {
  const query = program
    .command('query')
    .description('ask the ledger which networks carried whose bytes, and when')
    .addHelpText('after', examples);
  filtered(query, 'bytes', 'bytes', 'bytes that crossed, left or reached networks').addHelpText(
    'after',
    example('bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --tz Europe/London'),
  );
  filtered(query, 'events', 'events', 'number of booked transfer events').addHelpText(
    'after',
    example('events --kind client-to-client --group-by day'),
  );
  filtered(query, 'hosts', 'hosts', 'number of distinct hosts that bytes went to').addHelpText(
    'after',
    example('hosts --destination SP1 --owner moviestudio --group-by week'),
  );
  withOutput(query.command('files'))
    .description('files that a host received completely')
    .requiredOption(
      '--host <key>',
      "the agent's key, as its status tells; plain HTTP clients confirm no files",
    )
    .option('--owner <owner>', 'only files of this owner')
    .option('--title <owner/name>', 'only this title')
    .option('--category <category>', 'only files of this category')
    .option('--group-by <dimension>', 'files by day, title, category, …', collectDimensions)
    .addHelpText('after', example('files --host 6xJ9…f0E --owner moviestudio'))
    .action(async (options) => (await import('./run-query.js')).runQuery('files', options));
  filtered(
    query,
    'difference',
    'difference',
    'bytes that left A and entered B, less those that left B and entered A',
  ).addHelpText('after', example('difference --leaves SP1 --enters SP2 --period 2026-Q4'));
  rate(query, 'average-rate', 'averageRate', 'bits per second over all of a time').addHelpText(
    'after',
    example('average-rate --leaves SP1 --enters SP2 --period 2026-11 --days mon-fri'),
  );
  rate(query, 'maximum-rate', 'maximumRate', 'bits per second of the largest 5-minute bin').addHelpText(
    'after',
    example('maximum-rate --crosses "link:as:64501>as:64502" --group-by month'),
  );
  rate(
    query,
    'percentile95',
    'percentile95',
    'bits per second of the 95th percentile of all 5-minute bins of a time',
  ).addHelpText(
    'after',
    example('percentile95 --leaves SP1 --enters SP2 --period 2026-11 --direction larger'),
  );
  withOutput(query.command('matrix'))
    .description('bytes from each ISP to each ISP, by where they began and ended')
    .option('--owner <owner>', 'only content of this owner')
    .addHelpText('after', example('matrix --json'))
    .action(async (options) => (await import('./run-query.js')).runMatrix(options));
}

const rate = (query: Command, name: string, measure: Query['measure'], description: string): Command =>
  filtered(query, name, measure, description).addOption(
    new Option('--direction <direction>', 'forward, backward, the larger of both, or both added up').choices([
      'forward',
      'backward',
      'larger',
      'sum',
    ]),
  );

function filtered(query: Command, name: string, measure: Query['measure'], description: string): Command {
  return withOutput(query.command(name))
    .description(description)
    .option('--leaves <network>', 'left this ISP or AS on the way …')
    .option('--enters <network>', '… and later entered this one, next to it or not')
    .option(
      '--crosses <component>',
      'crossed this AS, link or ISP: as:64501, link:as:64501>as:64502, isp:sp1; any of several, with commas',
      collectComponents,
    )
    .option(
      '--any-evidence',
      'components by whatever evidence, also what only traceroutes tell and nobody may bill',
    )
    .option('--source <network>', 'began in this ISP or AS')
    .option('--destination <network>', 'was delivered to hosts in this ISP or AS')
    .option('--source-host <key>', "came from this host: an agent's or edge's key, or an address")
    .option('--host <key>', "was delivered to this host: an agent's key, or an address")
    .option('--owner <owner>', 'content of this owner')
    .option('--title <owner/name>', 'this title')
    .option('--category <category>', 'content of this category')
    .addOption(new Option('--kind <kind>', 'this kind of transfer').choices(kinds))
    .addOption(
      new Option('--attributed <yes|no>', 'whether the networks between are known').choices(['yes', 'no']),
    )
    .addOption(
      new Option(
        '--belief <belief>',
        'only bytes of which this is believed; billable are those of edges and those that both ends signed',
      ).choices(beliefs),
    )
    .option(
      '--group-by <dimension>',
      'sums by bin, hour, day, week, month, kind, owner, title, category, attributed, belief, component, and source- or destination- with isp, as or host; up to 3, with commas',
      collectDimensions,
    )
    .option('--top, --limit <count>', 'only so many rows, the largest; the rest is one row', parseCount)
    .option('--explain', 'tell which rollup answers, and how many of its rows are read')
    .action(async (options) => (await import('./run-query.js')).runQuery(measure, options));
}

const example = (line: string): string => `\nExample:\n  $ fairhop query ${line}`;

const withOutput = (command: Command): Command =>
  withServiceOptions(
    command
      .addOption(
        new Option('--format <format>', 'how to print the answer (default: table)').choices([
          'table',
          'json',
          'csv',
        ]),
      )
      .option('--period <period>', 'a month 2026-11 or a quarter 2026-Q4, in the zone of --tz')
      .option('--from <time>', 'from this time on, ISO 8601', parseInstant)
      .option('--to <time>', 'up to this time, not included', parseInstant)
      .option('--hours <from-to>', 'only these hours of the day, such as 18:00-00:00', parseHours)
      .option('--days <days>', 'only these days of the week, such as mon-fri', parseDays)
      .option(
        '--tz, --time-zone <zone>',
        'IANA zone of hours, periods, days, weeks and months (default: UTC)',
      ),
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
  What a month between them is billed by:
    $ fairhop query percentile95 --leaves SP1 --enters SP2 --period 2026-11 --direction larger --belief billable
  How much of an owner's bytes both ends signed, and how much only one:
    $ fairhop query bytes --owner moviestudio --group-by belief
  Every ISP to every ISP:
    $ fairhop query matrix --json`;
