import { type Command, Option } from 'commander';
import { addCallOptions, example, lazily } from './command-kit.js';

/** `login`, `logout` and `whoami`. */
export function addLoginCommands(program: Command): void {
  addCallOptions(
    program
      .command('login')
      .description('begin a session; commands that are given no token use it from then on')
      .argument('[email]', 'the user’s e-mail')
      .option('--oidc', 'log in at the operator’s identity provider, in the browser')
      .addOption(
        new Option(
          '--owner <owner>',
          'as a user of this owner, where several organisations added the e-mail',
        ).conflicts(['isp', 'operator']),
      )
      .addOption(new Option('--isp <isp>', 'as a user of this ISP').conflicts('operator'))
      .addOption(new Option('--operator', 'as a user of the operator')),
  )
    .addHelpText(
      'after',
      `${example('fairhop login anna@moviestudio.example', 'fairhop login --oidc --owner moviestudio')}\nThe first login by --oidc names the organisation. The password is asked for, or read from standard input, or from FAIRHOP_PASSWORD.`,
    )
    .action(lazily(async () => (await import('./login.js')).login));
  addCallOptions(program.command('logout').description('end the session'))
    .addHelpText('after', example('fairhop logout'))
    .action(lazily(async () => (await import('./login.js')).logout));
  addCallOptions(program.command('whoami').description('whose token it is, and what it may do'))
    .addHelpText('after', example('fairhop whoami --json'))
    .action(lazily(async () => (await import('./login.js')).whoAmI));
}
