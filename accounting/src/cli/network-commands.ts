import type { Command } from 'commander';
import { collectComponents, parseCount, parseInstant } from './query-options.js';
import { withServiceOptions } from './service-client.js';

/** `path`, `path-conflicts`, `path-evidence`, `component …`, `topology …`, `object …`. */
export function registerNetworkCommands(program: Command): void {
  registerPathCommands(program);
  registerComponentCommands(program);
  registerTopologyCommands(program);
  registerObjectCommands(program);
}

const withPage = (command: Command, what: string): Command =>
  command
    .option('--limit <count>', `so many ${what} at most, up to 1000 (default: 100)`, parseCount)
    .option('--after <id>', 'go on after this id, the last one of the page before');

const example = (...lines: string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ fairhop ${line}`).join('\n')}`;

function registerPathCommands(program: Command): void {
  withServiceOptions(program.command('path <source> <destination>'))
    .description('the way that bytes between two addresses take: ASes, links, exchanges, routers, ISPs')
    .option('--at <time>', 'as it was then, ISO 8601 (default: now)', parseInstant)
    .option(
      '--explain',
      'tell where each element is known from, what each source said, and where they differ',
    )
    .addHelpText(
      'after',
      example('path 127.1.0.10 127.2.0.20', 'path 127.1.0.10 127.2.0.20 --at 2026-11-20T18:00:00Z --explain'),
    )
    .action(async (source, destination, options) =>
      (await import('./run-path.js')).showPath(source, destination, options),
    );
  withServiceOptions(program.command('path-conflicts'))
    .description(
      'where declarations in force, then ways in use differ from what else is known, the newest first',
    )
    .option('--limit <count>', 'so many at most, up to 1000 (default: 100)', parseCount)
    .option('--skip <count>', 'leave out so many, those of the pages before', parseCount)
    .option('--source <source>', 'only where this one says otherwise: declared, bgp, traceroute')
    .addHelpText('after', example('path-conflicts --limit 20', 'path-conflicts --source declared'))
    .action(async (options) => (await import('./run-path.js')).listConflicts(options));
  withPage(withServiceOptions(program.command('path-evidence')), 'traceroutes')
    .description(
      'traceroutes that agents and edges reported, in booking order; they describe ways and bill nothing',
    )
    .option('--transfer <id>', 'only of this transfer')
    .addHelpText('after', example('path-evidence --transfer 7c9e6679-7425-40de-944b-e07fc1f90ae7 --json'))
    .action(async (options) => (await import('./run-path.js')).listEvidence(options));
}

function registerComponentCommands(program: Command): void {
  const component = program
    .command('component')
    .description(
      'what carries bytes: ASes, links, peering links, routers, switches, exchanges, places, hosts, ISPs',
    )
    .addHelpText('after', componentExamples);
  withServiceOptions(component.command('show <component>'))
    .description('who is paid for it, what it is part of, what it carried')
    .addHelpText(
      'after',
      example('component show "link:as:64501>as:64502"', 'component show router:core1.sp1.example --json'),
    )
    .action(async (id, options) => (await import('./run-component.js')).showComponent(id, options));
  withPage(withServiceOptions(component.command('list')), 'components')
    .description('components that carried bytes, by id')
    .option('--kind <kind>', 'as, link, peering, router, switch, internal, ixp, place, isp or host')
    .addHelpText('after', example('component list --kind peering'))
    .action(async (options) => (await import('./run-component.js')).listComponents(options));
  withPage(withServiceOptions(component.command('records <component>')), 'records')
    .description(
      'one record for each booked row whose path crossed it: path, owner, bytes, start, end, title',
    )
    .addHelpText('after', example('component records as:64501 --limit 1000 --json'))
    .action(async (id, options) => (await import('./run-component.js')).listRecords(id, options));
  withServiceOptions(component.command('owner <component> <owner>'))
    .description('say who is paid for it from a time on; what was before stays')
    .option('--from <time>', 'ISO 8601 (default: now)', parseInstant)
    .addHelpText('after', example('component owner ixp:xlan xlan-operations --from 2026-12-01'))
    .action(async (id, owner, options) => (await import('./run-component.js')).setOwner(id, owner, options));
}

const componentExamples = `
A link is a direction, as bytes are; quote its > for the shell. Until you say otherwise, paid for a link or peering link is the
ISP of the AS that the bytes enter; for an AS, router, switch or internal link the ISP that has or declares it.

Examples:
  $ fairhop component list --kind link
  $ fairhop component show "link:as:64501>as:64502"
  $ fairhop component records "peering:as:64501>as:64502/to-sp2"`;

function registerTopologyCommands(program: Command): void {
  const topology = program
    .command('topology')
    .description(
      "an ISP's own routers, switches, links and points of presence, with --token its API key or the operator's",
    )
    .addHelpText('after', topologyExamples);
  withServiceOptions(topology.command('put <isp> <file>'))
    .description('declare what the JSON file says; it is the newest version from then on')
    .option(
      '--from <time>',
      "when it comes in force, ISO 8601; may be in the future, and in the past by the operator's token (default: now)",
      parseInstant,
    )
    .addHelpText('after', topologyExamples)
    .action(async (isp, file, options) =>
      (await import('./run-topology.js')).putTopology(isp, file, options),
    );
  withServiceOptions(topology.command('show <isp>'))
    .description('the declaration that is in force, what of it does not count, and where BGP says otherwise')
    .option('--at <time>', 'as it was then, ISO 8601 (default: now)', parseInstant)
    .addHelpText('after', example('topology show sp1', 'topology show sp1 --at 2026-11-20T18:00:00Z --json'))
    .action(async (isp, options) => (await import('./run-topology.js')).showTopology(isp, options));
  withServiceOptions(topology.command('list <isp>'))
    .description('its declarations, the newest first')
    .option('--limit <count>', 'so many at most, up to 1000 (default: 100)', parseCount)
    .option(
      '--before <version>',
      'go on with older ones than this, the last one of the page before',
      parseCount,
    )
    .addHelpText('after', example('topology list sp1', 'topology list sp1 --before 120'))
    .action(async (isp, options) => (await import('./run-topology.js')).listTopologies(isp, options));
  withServiceOptions(topology.command('withdraw <isp> <version>'))
    .description('take its newest declaration back before it begins; the one before it holds on')
    .addHelpText('after', example('topology withdraw sp1 12'))
    .action(async (isp, version, options) =>
      (await import('./run-topology.js')).withdrawTopology(isp, version, options),
    );
}

const topologyExamples = `
What an ISP says of prefixes and addresses that are neither in its prefixes of the AS graph nor, by BGP, from its ASes, and names that
are another ISP's, are left out item by item; the operator's token confirms them. examples/topology.json is a file to begin with.

Examples:
  $ fairhop topology put sp1 examples/topology.json
  $ fairhop topology put sp1 examples/topology.json --from 2026-12-01T00:00:00Z
  $ fairhop topology show sp1`;

function registerObjectCommands(program: Command): void {
  const object = program
    .command('object')
    .description(
      'accounting objects: named measurements, with the components that carry each, from when to when',
    )
    .addHelpText('after', objectExamples);
  withServiceOptions(object.command('put <id>'))
    .description('make one, or say which components carry it from a time on; what was before stays')
    .requiredOption('--name <name>', 'what is measured, for people')
    .option(
      '--component <component>',
      'all that carry it from then on; several with commas or given again',
      collectComponents,
    )
    .option('--from <time>', 'ISO 8601 (default: now)', parseInstant)
    .addHelpText('after', objectExamples)
    .action(async (id, options) => (await import('./run-object.js')).putObject(id, options));
  withServiceOptions(object.command('show <id>'))
    .description('all that was ever part of it')
    .addHelpText('after', example('object show sp1-to-sp2'))
    .action(async (id, options) => (await import('./run-object.js')).showObject(id, options));
  withServiceOptions(object.command('list'))
    .description('all accounting objects')
    .option('--component <component>', 'only those that it is or was part of')
    .addHelpText('after', example('object list --component "link:as:64501>as:64502"'))
    .action(async (options) => (await import('./run-object.js')).listObjects(options));
  withServiceOptions(object.command('close <id>'))
    .description('end it; its history stays')
    .option('--at <time>', 'ISO 8601 (default: now)', parseInstant)
    .addHelpText('after', example('object close sp1-to-sp2'))
    .action(async (id, options) => (await import('./run-object.js')).closeObject(id, options));
  withServiceOptions(object.command('bytes <id>'))
    .description(
      'bytes that crossed its components while they were part of it; what crossed several counts once',
    )
    .option('--from <time>', 'from this time on, ISO 8601', parseInstant)
    .option('--to <time>', 'up to this time, not included', parseInstant)
    .addHelpText('after', example('object bytes sp1-to-sp2 --from 2026-11-01 --to 2026-12-01'))
    .action(async (id, options) => (await import('./run-object.js')).measureObject(id, options));
}

const objectExamples = `
Examples:
  All that goes from SP1 to SP2, over whichever of their links:
    $ fairhop object put sp1-to-sp2 --name "SP1 to SP2" --component "link:as:64501>as:64502"
  From December on over one peering link only:
    $ fairhop object put sp1-to-sp2 --name "SP1 to SP2" --component "peering:as:64501>as:64502/to-sp2" --from 2026-12-01
  What it carried:
    $ fairhop object bytes sp1-to-sp2 --from 2026-11-01 --to 2026-12-01`;
