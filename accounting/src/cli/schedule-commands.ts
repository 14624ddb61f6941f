import { type Command, Option } from 'commander';
import { parseCount } from './query-options.js';
import { withServiceOptions } from './service-client.js';

/** `saved-query list | run | remove` and `schedule set | list | runs | result | remove`. */
export function registerScheduleCommands(program: Command): void {
  const saved = program
    .command('saved-query')
    .description('questions under a name; `fairhop query … --save NAME` keeps one')
    .addHelpText('after', '\nExample:\n  $ fairhop saved-query run evening');
  withServiceOptions(saved.command('list'))
    .description('saved questions')
    .addHelpText('after', '\nExample:\n  $ fairhop saved-query list')
    .action(async (options) => (await import('./run-schedule.js')).listSavedQueries(options));
  withServiceOptions(saved.command('run <name>'))
    .description('ask a saved question now')
    .addHelpText('after', '\nExample:\n  $ fairhop saved-query run evening-sp1-sp2')
    .action(async (name, options) => (await import('./run-schedule.js')).runSavedQuery(name, options));
  withServiceOptions(saved.command('remove <name>'))
    .description('forget a saved question')
    .addHelpText('after', '\nExample:\n  $ fairhop saved-query remove evening')
    .action(async (name, options) => (await import('./run-schedule.js')).removeSavedQuery(name, options));

  const schedule = program
    .command('schedule')
    .description('ask saved questions and draft invoices nightly, weekly or by a cron line, in a zone')
    .addHelpText('after', examples);
  withServiceOptions(schedule.command('set <id>'))
    .description('set a schedule, or replace it')
    .addHelpText('after', examples)
    .option('--query <name>', 'the saved question to ask')
    .option('--close-periods', 'draft the invoices of every contract whose period is over')
    .option('--issue', 'with --close-periods: issue them too')
    .requiredOption('--cron <line>', 'nightly, weekly, monthly, or five fields such as "30 2 * * 1"')
    .option('--tz, --time-zone <zone>', 'IANA zone of the cron line', 'UTC')
    .addOption(new Option('--above <value>', 'make an alert when the answer is more').conflicts('below'))
    .option('--below <value>', 'make an alert when the answer is less')
    .option('--paused', 'keep it, without running it')
    .action(async (id, options) => (await import('./run-schedule.js')).setSchedule(id, options));
  withServiceOptions(schedule.command('list'))
    .description('schedules, and when they run next')
    .addHelpText('after', '\nExample:\n  $ fairhop schedule list')
    .action(async (options) => (await import('./run-schedule.js')).listSchedules(options));
  withServiceOptions(schedule.command('runs <id>'))
    .description('what the runs of a schedule gave, and what they caused')
    .addHelpText('after', '\nExample:\n  $ fairhop schedule runs evening --limit 5')
    .option('--limit <count>', 'runs to show', '20')
    .action(async (id, options) => (await import('./run-schedule.js')).listRuns(id, options));
  withServiceOptions(schedule.command('result <id>'))
    .description('all that a run of a schedule gave, row by row')
    .addHelpText('after', '\nExample:\n  $ fairhop schedule result evening --run 7')
    .option('--run <number>', 'as `schedule runs` numbers them (default: the newest)', parseCount)
    .action(async (id, options) => (await import('./run-schedule.js')).showResult(id, options));
  withServiceOptions(schedule.command('remove <id>'))
    .description('remove a schedule; its runs stay listed')
    .addHelpText('after', '\nExample:\n  $ fairhop schedule remove evening')
    .action(async (id, options) => (await import('./run-schedule.js')).removeSchedule(id, options));
}

const examples = `
Examples:
  Yesterday's evening traffic every night at 02:30 in London, with an alert above 5 TB:
    $ fairhop query bytes --leaves SP1 --enters SP2 --hours 18:00-00:00 --period yesterday --tz Europe/London --save evening
    $ fairhop schedule set evening --query evening --cron nightly --tz Europe/London --above 5TB
  Draft the month's invoices on the 2nd at 06:00:
    $ fairhop schedule set invoices --close-periods --cron "0 6 2 * *"
  What came of it:
    $ fairhop schedule runs evening`;
