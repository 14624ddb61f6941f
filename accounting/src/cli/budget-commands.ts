import { type Command, Option } from 'commander';
import { collectNames, collectSteps, parseSteps } from './budget-options.js';
import { collectComponents, parseCount, parseHours } from './query-options.js';
import { withServiceOptions } from './service-client.js';

/** `budget set | list | remove` and `alerts`, under the command that they are given. */
export function registerBudgetCommands(parent: Command): void {
  const budget = parent
    .command('budget')
    .description(
      'say how many bytes of an owner may be delivered to clients, who is told on the way there, and what happens then',
    )
    .addHelpText('after', examples);
  registerSet(budget);
  withServiceOptions(budget.command('list'))
    .description('budgets, what is used of them, and whether the coordinator has what they order')
    .addHelpText('after', '\nExample:\n  $ fairhop owner budget list')
    .action(async (options) => (await import('./run-budget.js')).listBudgets(options));
  withServiceOptions(budget.command('remove <id>'))
    .description('remove a budget and end what it ordered; its alerts stay listed')
    .addHelpText('after', '\nExample:\n  $ fairhop owner budget remove movies')
    .action(async (id, options) => (await import('./run-budget.js')).removeBudget(id, options));
  registerAlerts(parent, 'fairhop owner alerts');
}

/** `alerts` and `alerts retry`, under the program. */
export function registerAlertCommands(program: Command): void {
  const alerts = registerAlerts(program, 'fairhop alerts');
  withServiceOptions(alerts.command('retry <id>'))
    .description('send a dead alert again, with the same id')
    .addHelpText('after', '\nExample:\n  $ fairhop alerts retry msg_4f0c1c5e0d2b4a6f8e9d7c5b3a190817')
    // What the command above also takes is given to that one, wherever it stands.
    .action(async (id, _options, command: Command) =>
      (await import('./run-alerts.js')).retryAlert(id, command.optsWithGlobals()),
    );
}

function registerAlerts(parent: Command, name: string): Command {
  return withServiceOptions(parent.command('alerts'))
    .description(
      'steps of budgets that were reached and resolved, what schedules found, and whether their receivers know',
    )
    .option('--budget <id>', 'only of this budget')
    .addOption(
      new Option(
        '--state <state>',
        'only those that are so; dead: the last attempt to deliver failed',
      ).choices(['waiting', 'delivered', 'dead', 'abandoned', 'listed']),
    )
    .addHelpText(
      'after',
      `\nExamples:\n  $ ${name} --budget movies --json\n  What nobody could be told:\n  $ ${name} --state dead`,
    )
    .action(async (options) => (await import('./run-alerts.js')).listAlerts(options));
}

function registerSet(budget: Command): void {
  withServiceOptions(budget.command('set <id>'))
    .description('set a budget, or replace it')
    .addHelpText('after', examples)
    .requiredOption('--owner <owner>', 'whose bytes count')
    .option('--title <owner/name>', 'only of this title')
    .option('--category <category>', 'only of titles of this category')
    .addOption(
      new Option(
        '--kind <kind>',
        'only this kind of transfer; by default all that is delivered to clients',
      ).choices(['edge-to-client', 'client-to-client', 'edge-to-edge', 'origin-to-edge']),
    )
    .option('--leaves <network>', 'only what left this ISP or AS')
    .option('--enters <network>', 'only what entered this ISP or AS')
    .option('--crosses <component>', 'only what crossed it; several count once', collectComponents)
    .requiredOption('--limit <size>', 'billable bytes in a period, such as 500GB')
    .addOption(
      new Option('--period <period>', 'what the limit is for')
        .choices(['month', 'quarter', 'total'])
        .default('month'),
    )
    .option('--tz, --time-zone <zone>', 'IANA zone in which periods begin', 'UTC')
    .addOption(
      new Option('--direction <direction>', 'tell when usage gets above the steps, or stays below them')
        .choices(['above', 'below'])
        .default('above'),
    )
    .addOption(
      new Option(
        '--basis <basis>',
        "what is used, or what will be used by the period's end at the rate of a week",
      )
        .choices(['actual', 'forecast'])
        .default('actual'),
    )
    .addOption(
      new Option('--steps <percents>', 'percents of the limit at which to tell (default: 80,100)')
        .argParser(parseSteps)
        .conflicts('step'),
    )
    .option(
      '--step <percent[:action][@channels]>',
      'one step, with what it does: no-peers, off-peak-only, priority-customers-only or stop; can be given several times',
      collectSteps,
    )
    .option(
      '--hysteresis <percent>',
      'a step is resolved so many percent of the limit on the other side of it',
      parseCount,
      5,
    )
    .option('--off-peak <from-to>', 'when off-peak-only still delivers, such as 01:00-06:00', parseHours)
    .option('--priority-isp <isp>', 'whom priority-customers-only still serves; several', collectNames)
    .option('--priority-prefix <prefix>', 'the same by address', collectNames)
    .option('--priority-agent <key>', 'the same by agent', collectNames)
    .option('--webhook <url>', 'where each step is told, signed as Standard Webhooks has it')
    .option('--email <address>', 'who is told by e-mail; several', collectNames)
    .addOption(
      new Option(
        '--secret <secret>',
        'what webhooks are signed with: whsec_ and base64; without it a new one, shown once',
      ).env('FAIRHOP_WEBHOOK_SECRET'),
    )
    .action(async (id, options) => (await import('./run-budget.js')).setBudget(id, options));
}

const examples = `
Examples:
  Tell an address at 80 % and at 100 % of 500 GB a month:
    $ fairhop owner budget set movies --owner moviestudio --limit 500GB --webhook https://moviestudio.example/fairhop
  With three steps, in quarters that begin at midnight in London:
    $ fairhop owner budget set q --owner moviestudio --limit 2TB --period quarter --tz Europe/London --steps 50,80,100 --webhook https://moviestudio.example/fairhop
  Mail at 80 %, serve from edges alone from 90 % on, and nobody any more from 100 % on:
    $ fairhop owner budget set cap --owner moviestudio --limit 500GB --step 80 --step 90:no-peers --step 100:stop --email ops@moviestudio.example
  From 80 % on, deliver at night only; from 100 % on, to subscribers of SP1 only:
    $ fairhop owner budget set night --owner moviestudio --limit 1TB --tz Europe/London --step 80:off-peak-only --off-peak 01:00-06:00 --step 100:priority-customers-only --priority-isp sp1
  Tell when a month will end with less than 70 % of what was promised:
    $ fairhop owner budget set promise --owner moviestudio --limit 1TB --direction below --basis forecast --step 70 --email sales@moviestudio.example
  What was told, and when:
    $ fairhop alerts`;
