import { type Command, Option } from 'commander';
import { addCallOptions, example, lazily } from './command-kit.js';

export function addAuditTrailCommand(program: Command): void {
  addCallOptions(
    program
      .command('audit-trail')
      .description(
        'who wrote what, the oldest first (administrators: of the own organisation; operator: of all)',
      )
      .addOption(
        new Option(
          '--service <url>',
          'whose trail: the accounting service has its own (default: the coordinator’s)',
        ),
      )
      .option('--actor <actor>', 'of this one only, such as user:0123456789abcdef')
      .option('--after <id>', 'entries after this one', '0')
      .option('--limit <number>', 'at most so many, 1 to 1000', '100')
      .option('--verify', 'read all of it, and prove that no entry was changed or removed (operator)'),
  )
    .addHelpText(
      'after',
      `${example('fairhop audit-trail', 'fairhop audit-trail --verify --service http://127.0.0.1:4602')}\nThe digest that --verify prints vouches for all entries up to it: note it elsewhere.`,
    )
    .action(lazily(async () => (await import('./audit-trail.js')).showAuditTrail));
}
