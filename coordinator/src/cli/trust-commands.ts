import { type Command, Option } from 'commander';
import { addCallOptions, collect, example, group, lazily } from './command-kit.js';

/** Quarantine and audits. */
export function addTrustCommands(program: Command): void {
  const quarantine = group(
    program,
    'quarantine',
    'agents that are served by edges alone and do not upload: list, put, release',
  ).addHelpText('after', example('fairhop quarantine list', 'fairhop quarantine release AGENT'));
  addCallOptions(
    quarantine
      .command('list')
      .description('agents in quarantine, the newest first, with reasons (operator)')
      .option('--agent <key>', 'this agent only')
      .option('--limit <number>', 'at most so many', '100'),
  )
    .addHelpText(
      'after',
      `${example('fairhop quarantine list --json')}\nWith --json the evidence is shown too.`,
    )
    .action(lazily(async () => (await import('./quarantine.js')).listQuarantine));
  addCallOptions(
    quarantine
      .command('put')
      .description('put an agent into quarantine; its transfers with peers end at once (operator)')
      .argument('<agent>', 'its key')
      .requiredOption('--reason <text>', 'for people, the agent’s user too')
      .option('--evidence <text>', 'what shows it; may be given several times', collect)
      .addOption(new Option('--hours <number>', 'for so long').conflicts('until'))
      .option('--until <time>', 'such as 2026-12-31T18:00Z (default: until it is released)'),
  )
    .addHelpText(
      'after',
      example('fairhop quarantine put AGENT --reason "claims what nobody sent" --hours 24'),
    )
    .action(lazily(async () => (await import('./quarantine.js')).putQuarantine));
  addCallOptions(
    quarantine
      .command('release')
      .description('release an agent, whoever put it there (operator)')
      .argument('<agent>', 'its key'),
  )
    .addHelpText('after', example('fairhop quarantine release AGENT'))
    .action(lazily(async () => (await import('./quarantine.js')).releaseQuarantine));

  addCallOptions(
    program
      .command('audits')
      .description('random audits of what downloaders acknowledged, the newest first (operator)')
      .option('--agent <key>', 'of this agent only')
      .option('--limit <number>', 'at most so many', '100'),
  )
    .addHelpText('after', example('fairhop audits', 'fairhop audits --agent AGENT --json'))
    .action(lazily(async () => (await import('./audits.js')).listAudits));
}
