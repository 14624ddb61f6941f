import { type Command, InvalidArgumentError, Option } from 'commander';
import { withServiceOptions } from './service-client.js';

/** `budget set | list | remove` and `alerts`, under the command that they are given. */
export function registerBudgetCommands(parent: Command): void {
  const budget = parent
    .command('budget')
    .description(
      'say how many bytes of an owner may be delivered to clients, and who is told on the way there',
    )
    .addHelpText('after', examples);
  withServiceOptions(budget.command('set <id>'))
    .description('set a budget, or replace it')
    .addHelpText('after', examples)
    .requiredOption('--owner <owner>', 'whose bytes count')
    .requiredOption('--limit <size>', 'bytes delivered to clients in a period, such as 500GB')
    .requiredOption('--webhook <url>', 'where each step is told, signed as Standard Webhooks has it')
    .addOption(
      new Option('--period <period>', 'what the limit is for')
        .choices(['month', 'quarter', 'total'])
        .default('month'),
    )
    .option('--tz, --time-zone <zone>', 'IANA zone in which periods begin', 'UTC')
    .addOption(
      new Option('--steps <percents>', 'percents of the limit at which to tell')
        .argParser(parseSteps)
        .default([80, 100], '80,100'),
    )
    .addOption(
      new Option(
        '--secret <secret>',
        'what webhooks are signed with: whsec_ and base64; without it a new one, shown once',
      ).env('FAIRHOP_WEBHOOK_SECRET'),
    )
    .action(async (id, options) => (await import('./run-budget.js')).setBudget(id, options));
  withServiceOptions(budget.command('list'))
    .description('budgets and what is used of them')
    .addHelpText('after', '\nExample:\n  $ fairhop owner budget list')
    .action(async (options) => (await import('./run-budget.js')).listBudgets(options));
  withServiceOptions(budget.command('remove <id>'))
    .description('remove a budget; its alerts stay listed')
    .addHelpText('after', '\nExample:\n  $ fairhop owner budget remove movies')
    .action(async (id, options) => (await import('./run-budget.js')).removeBudget(id, options));
  withServiceOptions(parent.command('alerts'))
    .description('steps of budgets that were reached, and whether their receivers know')
    .option('--budget <id>', 'only of this budget')
    .addHelpText('after', '\nExample:\n  $ fairhop owner alerts --budget movies --json')
    .action(async (options) => (await import('./run-budget.js')).listAlerts(options));
}

function parseSteps(text: string): number[] {
  const steps = text.split(',').map((step) => step.trim().replace(/%$/, ''));
  if (steps.every((step) => /^\d{1,4}$/.test(step))) return steps.map(Number);
  throw new InvalidArgumentError('Steps are percents with commas between, such as 80,100.');
}

const examples = `
Examples:
  Tell an address at 80 % and at 100 % of 500 GB a month:
    $ fairhop owner budget set movies --owner moviestudio --limit 500GB --webhook https://moviestudio.example/fairhop
  With three steps, in quarters that begin at midnight in London:
    $ fairhop owner budget set q --owner moviestudio --limit 2TB --period quarter --tz Europe/London --steps 50,80,100 --webhook https://moviestudio.example/fairhop
  What was told, and when:
    $ fairhop owner alerts`;
