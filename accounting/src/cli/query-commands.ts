import type { Query } from '@fairhop/shared/contract';
import { type Command, Option } from 'commander';
import { collectDimensions } from './dimensions.js';
import { collectComponents, parseCount, parseDays, parseHours, parseInstant } from './query-options.js';
import { withServiceOptions } from './service-client.js';

/** All words of a union, as the compiler checks: the schema itself is loaded only once it is needed. */
const wordsOf = <Word extends string>(words: Readonly<Record<Word, true>>): Word[] =>
  Object.keys(words) as Word[];

const beliefs = wordsOf<NonNullable<Query['belief']>>({
  ...{ billable: true, edge: true, settled: true },
  ...{ claimed: true, disputed: true, dropped: true },
});
const kinds = wordsOf<NonNullable<Query['kind']>>({
  ...{ 'edge-to-client': true, 'client-to-client': true, 'edge-to-edge': true, 'origin-to-edge': true },
});
const directions = wordsOf<Query['direction']>({ forward: true, backward: true, larger: true, sum: true });
const placeLevels = wordsOf<Query['placeLevel']>({ country: true, region: true, city: true });

interface MeasureCommand {
  readonly name: string;
  readonly description: string;
  readonly example: string;
  readonly register: (query: Command, measure: Query['measure'], command: MeasureCommand) => Command;
}

/** A command for each measure there is. */
const measureCommands: Readonly<Record<Query['measure'], MeasureCommand>> = {
  bytes: {
    name: 'bytes',
    description: 'bytes that crossed, left or reached networks',
    example: 'bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --tz Europe/London --group-by day',
    register: filtered,
  },
  events: {
    name: 'events',
    description: 'number of booked transfer events',
    example: 'events --kind client-to-client --group-by day',
    register: filtered,
  },
  hosts: {
    name: 'hosts',
    description: 'number of distinct hosts that bytes went to',
    example: 'hosts --destination SP1 --owner moviestudio --group-by week',
    register: filtered,
  },
  files: {
    name: 'files',
    description: 'files that a host received completely',
    example: 'files --host 6xJ9…f0E --owner moviestudio',
    register: filesCommand,
  },
  difference: {
    name: 'difference',
    description: 'bytes that left A and entered B, less those that left B and entered A',
    example: 'difference --leaves SP1 --enters SP2 --period last-quarter',
    register: filtered,
  },
  averageRate: {
    name: 'average-rate',
    description: 'bits per second over all of a time',
    example: 'average-rate --leaves SP1 --enters SP2 --period 2026-11 --days mon-fri',
    register: rate,
  },
  maximumRate: {
    name: 'maximum-rate',
    description: 'bits per second of the largest 5-minute bin',
    example: 'maximum-rate --crosses "link:as:64501>as:64502" --group-by month',
    register: rate,
  },
  percentile95: {
    name: 'percentile95',
    description: 'bits per second of the 95th percentile of all 5-minute bins of a time',
    example: 'percentile95 --leaves SP1 --enters SP2 --period 2026-11 --direction larger',
    register: rate,
  },
};

/** `query bytes | events | hosts | files | difference | average-rate | maximum-rate | percentile95 | matrix`. */
export function registerQueryCommands(program: Command): void {
  const query = program
    .command('query')
    .description('ask the ledger which networks carried whose bytes, and when')
    .addHelpText('after', examples);
  for (const [measure, command] of Object.entries(measureCommands))
    command
      .register(query, measure as Query['measure'], command)
      .addHelpText('after', `\nExample:\n  $ fairhop query ${command.example}`);
  withOutput(query.command('matrix'))
    .description('bytes from each ISP to each ISP, by where they began and ended')
    .option('--owner <owner>', 'only content of this owner')
    .addHelpText('after', '\nExample:\n  $ fairhop query matrix --json')
    .action(async (options) => (await import('./run-query.js')).runMatrix(options));
}

function filesCommand(
  query: Command,
  measure: Query['measure'],
  { name, description }: MeasureCommand,
): Command {
  return withOutput(query.command(name))
    .description(description)
    .requiredOption(
      '--host <key>',
      "the agent's key, as its status tells; plain HTTP clients confirm no files",
    )
    .option('--owner <owner>', 'only files of this owner')
    .option('--title <owner/name>', 'only this title')
    .option('--category <category>', 'only files of this category')
    .addOption(
      new Option(
        '--belief <belief>',
        'only files that billable bytes back, as invoices count them; without, claimed ones back them too',
      ).choices(['billable']),
    )
    .option('--group-by <dimension>', 'files by day, title, category, …', collectDimensions)
    .action(async (options) => (await import('./run-query.js')).runQuery(measure, options));
}

function rate(query: Command, measure: Query['measure'], command: MeasureCommand): Command {
  return filtered(query, measure, command).addOption(
    new Option('--direction <direction>', 'forward, backward, the larger of both, or both added up').choices(
      directions,
    ),
  );
}

function filtered(query: Command, measure: Query['measure'], { name, description }: MeasureCommand): Command {
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
    .option(
      '--place <place>',
      'passed this country, region or city, or began or ended there: us, us/ca, us/ca/sanjose',
    )
    .option('--source-place <place>', 'began there')
    .option('--destination-place <place>', 'was delivered there')
    .addOption(
      new Option(
        '--place-level <level>',
        'how much is told of places that are grouped by (default: city)',
      ).choices(placeLevels),
    )
    .option('--source <network>', 'began in this ISP or AS')
    .option('--destination <network>', 'was delivered to hosts in this ISP or AS')
    .option(
      '--source-host <key>',
      "came from this host: an agent's or edge's key, or an address (not for owners)",
    )
    .option('--host <key>', "was delivered to this host: an agent's key, or an address (not for owners)")
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
      'sums by bin, hour, day, week, month, kind, owner, title, category, attributed, belief, component, place, and source- or destination- with isp, as, place or host; up to 3, with commas',
      collectDimensions,
    )
    .option('--matrix', 'the two dimensions of --group-by as a matrix, as a table or CSV')
    .option('--top, --limit <count>', 'only so many rows, the largest; the rest is one row', parseCount)
    .option('--explain', 'tell which rollup answers, and how many of its rows are read')
    .action(async (options) => (await import('./run-query.js')).runQuery(measure, options));
}

const withOutput = (command: Command): Command =>
  withServiceOptions(
    command
      .addOption(
        new Option('--format <format>', 'how to print the answer (default: table)').choices([
          'table',
          'json',
          'csv',
          'parquet',
        ]),
      )
      .option('-o, --output <file>', 'write the answer to this file; Parquet needs one')
      .option('--save <name>', 'keep the question under this name, for `fairhop schedule`')
      .option(
        '--period <period>',
        '2026, 2026-Q4, 2026-11 or 2026-11-20, or today, yesterday, this- or last-week, -month, -quarter or -year, in the zone of --tz',
      )
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
  Which evening brought how much, for a spreadsheet or a data lake:
    $ fairhop query bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --tz Europe/London --group-by day --format csv
    $ fairhop query bytes --leaves SP1 --enters SP2 --group-by day,owner --format parquet --output days.parquet
  Every ISP to every ISP, and the same by the country of both ends:
    $ fairhop query matrix
    $ fairhop query bytes --group-by source-place,destination-place --place-level country --matrix`;
