import type { Command } from 'commander';
import { addCallOptions, group, lazily } from './command-kit.js';

export function addOwnerCommands(program: Command): void {
  const owner = group(program, 'owner', 'content owners: register them, and what is theirs');
  addCallOptions(
    owner
      .command('add')
      .description('register an owner, or change its display name (operator)')
      .argument('<owner>', 'short name, such as moviestudio')
      .option('--display-name <name>', 'name for people; the short one by default'),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop owner add moviestudio --display-name "Movie Studio"')
    .action(lazily(async () => (await import('./owners.js')).addOwner));
  addCallOptions(owner.command('list').description('list owners (operator)')).action(
    lazily(async () => (await import('./owners.js')).listOwners),
  );
  addCallOptions(
    owner
      .command('api-key')
      .description('make an API key of an owner; it is shown this once (operator)')
      .argument('<owner>', 'its short name'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  $ FAIRHOP_TOKEN=$(fairhop owner api-key moviestudio) fairhop publish ...',
    )
    .action(lazily(async () => (await import('./owners.js')).createOwnerApiKey));
}
