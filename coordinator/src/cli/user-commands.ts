import { type Command, Option } from 'commander';
import { addCallOptions, collect, example, group, lazily } from './command-kit.js';

const ofOrganisation = (command: Command): Command =>
  addCallOptions(command)
    .addOption(new Option('--owner <owner>', 'of this owner (operator)').conflicts(['isp', 'operator']))
    .addOption(new Option('--isp <isp>', 'of this ISP (operator)').conflicts('operator'))
    .addOption(new Option('--operator', 'of the operator (operator)'));

const roles = () =>
  new Option(
    '--role <role>',
    'admin: all; editor: writes; finance: contracts, invoices, budgets; viewer: reads',
  ).choices(['admin', 'editor', 'finance', 'viewer']);

/** Users of organisations. */
export function addUserCommands(program: Command): void {
  const user = group(program, 'user', 'users of the own organisation, or of any (operator)').addHelpText(
    'after',
    example(
      'fairhop user add anna@moviestudio.example --role admin --owner moviestudio',
      'fairhop user list',
    ),
  );
  ofOrganisation(
    user
      .command('add')
      .description('add a user; the one-time token lets it set its password')
      .argument('<email>', 'its e-mail')
      .addOption(roles().makeOptionMandatory())
      .option('--display-name <name>', 'name for people (default: the e-mail)'),
  )
    .addHelpText(
      'after',
      example('fairhop user add anna@moviestudio.example --role admin --owner moviestudio'),
    )
    .action(lazily(async () => (await import('./users.js')).addUser));
  ofOrganisation(user.command('list').description('list users'))
    .addHelpText('after', example('fairhop user list --isp sp1'))
    .action(lazily(async () => (await import('./users.js')).listUsers));
  addCallOptions(
    user
      .command('change')
      .description('change what a user may do')
      .argument('<user>', 'its e-mail or id')
      .addOption(roles())
      .option('--display-name <name>', 'name for people'),
  )
    .addHelpText('after', example('fairhop user change anna@moviestudio.example --role viewer'))
    .action(lazily(async () => (await import('./users.js')).changeUser));
  addCallOptions(
    user
      .command('remove')
      .description('remove a user; its sessions end')
      .argument('<user>', 'its e-mail or id'),
  )
    .addHelpText('after', example('fairhop user remove anna@moviestudio.example'))
    .action(lazily(async () => (await import('./users.js')).removeUser));
  addCallOptions(
    user
      .command('reset')
      .description('one-time token with which a user sets a new password')
      .argument('<user>', 'its e-mail or id'),
  )
    .addHelpText('after', example('fairhop user reset anna@moviestudio.example'))
    .action(lazily(async () => (await import('./users.js')).resetPassword));
  addCallOptions(
    user
      .command('password')
      .description('set the own password: with a one-time token, or in place of the one before')
      .option('--reset <token>', 'the one-time token'),
  )
    .addHelpText(
      'after',
      `${example('fairhop user password --reset TOKEN', 'fairhop user password')}\nPasswords are asked for, or read from standard input, or from FAIRHOP_PASSWORD and FAIRHOP_NEW_PASSWORD.`,
    )
    .action(lazily(async () => (await import('./users.js')).setPassword));
}

/** API keys of organisations. */
export function addApiKeyCommands(program: Command): void {
  const key = group(program, 'api-key', 'API keys of the own organisation, or of any (operator)').addHelpText(
    'after',
    example('fairhop api-key create reports --scope read', 'fairhop api-key list'),
  );
  ofOrganisation(
    key
      .command('create')
      .description('make an API key; it is shown this once')
      .argument('<name>', 'what it is for')
      .option(
        '--scope <scope>',
        'read, write, publish or settlement; may be given several times (default: read)',
        collect,
      )
      .option('--expires <time>', 'such as 2027-12-31T18:00Z (default: until it is revoked)'),
  )
    .addHelpText(
      'after',
      example('fairhop api-key create reports --scope read --isp sp1 --expires 2027-12-31'),
    )
    .action(lazily(async () => (await import('./api-keys.js')).createApiKey));
  ofOrganisation(key.command('list').description('list API keys, without their secrets'))
    .addHelpText('after', example('fairhop api-key list --owner moviestudio'))
    .action(lazily(async () => (await import('./api-keys.js')).listApiKeys));
  addCallOptions(
    key
      .command('rotate')
      .description('make a new secret; the old one stays good for some hours')
      .argument('<id>', 'as the list tells it')
      .option('--keep-old-hours <number>', 'for so long, 0 to 720', '24'),
  )
    .addHelpText('after', example('fairhop api-key rotate 0123456789abcdef --keep-old-hours 2'))
    .action(lazily(async () => (await import('./api-keys.js')).rotateApiKey));
  addCallOptions(
    key.command('revoke').description('end an API key at once').argument('<id>', 'as the list tells it'),
  )
    .addHelpText('after', example('fairhop api-key revoke 0123456789abcdef'))
    .action(lazily(async () => (await import('./api-keys.js')).revokeApiKey));
}
