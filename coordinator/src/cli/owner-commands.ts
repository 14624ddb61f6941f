import type { Command } from 'commander';
import { addCallOptions, example, group, lazily } from './command-kit.js';

export function addOwnerCommands(program: Command): void {
  const owner = group(program, 'owner', 'content owners: register them, and what is theirs').addHelpText(
    'after',
    example('fairhop owner add moviestudio', 'fairhop owner list'),
  );
  addCallOptions(
    owner
      .command('add')
      .description('register an owner, or change its display name (operator)')
      .argument('<owner>', 'short name, such as moviestudio')
      .option('--display-name <name>', 'name for people; the short one by default'),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop owner add moviestudio --display-name "Movie Studio"')
    .action(lazily(async () => (await import('./owners.js')).addOwner));
  addCallOptions(owner.command('list').description('list owners (operator)'))
    .addHelpText('after', example('fairhop owner list'))
    .action(lazily(async () => (await import('./owners.js')).listOwners));
  addCallOptions(
    owner
      .command('api-key')
      .description('make an API key of an owner; it is shown this once (operator)')
      .argument('<owner>', 'its short name'),
  )
    .addHelpText('after', example('fairhop owner api-key moviestudio'))
    .action(lazily(async () => (await import('./owners.js')).createOwnerApiKey));
}
