import { type Command, Option } from 'commander';
import { addCallOptions, example, group, lazily } from './command-kit.js';

/** Adds `policy`. */
export function addPolicyCommands(program: Command): void {
  const policy = group(
    program,
    'policy',
    'capacities of links and other parts of networks that traffic must not exceed',
  ).addHelpText(
    'after',
    example(
      'fairhop policy set sp1-evening --component link:as:64500>as:64501 --capacity 30Mbit/s --hours 18:00-24:00 --tz Europe/London',
    ),
  );
  addCallOptions(
    policy
      .command('set')
      .description(
        'set or change a policy (the operator, or an ISP on its networks and the links into and out of them)',
      )
      .argument('<id>', 'its name, such as sp1-evening')
      .requiredOption(
        '--component <component>',
        'such as link:as:64500>as:64501, as:64501, isp:sp1, ixp:xlan, router:NAME or peering:as:A>as:B/NAME',
      )
      .requiredOption('--capacity <rate>', 'most that all transfers together bring over it, such as 30Mbit/s')
      .addOption(new Option('--owner <owner>', 'only traffic of this owner').conflicts(['title', 'category']))
      .addOption(new Option('--title <owner/name>', 'only traffic of this title').conflicts(['category']))
      .option('--category <category>', 'only traffic of this category, such as video')
      .option('--hours <from-to>', 'when it is in force, such as 18:00-24:00 (default: always)')
      .option('--tz, --time-zone <zone>', 'zone of the hours, such as Europe/London', 'UTC')
      .option(
        '--release <percent>',
        'new transfers use it again once its load is below so much of the capacity',
        '90',
      ),
  )
    .addHelpText(
      'after',
      example(
        "fairhop policy set sp1-in --component 'link:as:64500>as:64501' --capacity 30Mbit/s",
        'fairhop policy set videos --component isp:sp1 --capacity 2Gbit/s --category video --hours 18:00-24:00 --tz Europe/London',
      ),
    )
    .action(lazily(async () => (await import('./policies.js')).setPolicy));
  addCallOptions(policy.command('list').description('list policies with what they do now'))
    .addHelpText('after', example('fairhop policy list', 'fairhop policy list --json'))
    .action(lazily(async () => (await import('./policies.js')).listPolicies));
  addCallOptions(
    policy
      .command('show')
      .description('show a policy, what it does now, and what happened to it')
      .argument('<id>', 'its name'),
  )
    .addHelpText('after', example('fairhop policy show sp1-evening'))
    .action(lazily(async () => (await import('./policies.js')).showPolicy));
  addCallOptions(
    policy
      .command('remove')
      .description('remove a policy: transfers are limited by it no more within 5 seconds')
      .argument('<id>', 'its name'),
  )
    .addHelpText('after', example('fairhop policy remove sp1-evening'))
    .action(lazily(async () => (await import('./policies.js')).removePolicy));
}
