import type { Command } from 'commander';
import { addCallOptions, collect, lazily } from './command-kit.js';

export function addTitleCommands(program: Command): void {
  addCallOptions(
    program
      .command('publish')
      .description('publish a file as a title: read it once, hash it, and tell the coordinator')
      .argument('<file>', 'the file')
      .requiredOption('--owner <owner>', 'its owner, registered with `fairhop owner add`')
      .option('--name <name>', 'last part of the title (default: the file’s name in lower case)')
      .option('--origin <url>', 'where edges fetch the file from (HTTP)')
      .option(
        '--origin-directory <dir>',
        'copy the file to DIR/<owner>/<name>, for an edge with DIR as its origin (default: origin in --data-dir, if it is there)',
      )
      .option('--category <category>', 'video, software, ... (ISPs may permit some only; default: other)')
      .option('--media-type <type>', 'such as video/mp4 (default: application/octet-stream)')
      .option('--meta <key=value>', 'descriptive metadata; may be given several times', collect)
      .option('--peers', 'peers may deliver it (default)')
      .option('--no-peers', 'only edges may deliver it')
      .option('--peer-country <code>', 'peers only in this country; may be given several times', collect),
  )
    .addHelpText(
      'after',
      `
Of a title that was withdrawn and is published again, what is not given stays as it was. Publishing the same content again
changes nothing.

Examples:
  Beside \`fairhop up\`, whose edge serves what is in fairhop-data/origin:
    $ fairhop owner add moviestudio
    $ fairhop publish film.mp4 --owner moviestudio
  From an origin of the owner's:
    $ fairhop publish film.mp4 --owner moviestudio --name big-film.mp4 --category video \\
        --media-type video/mp4 --origin https://origin.example/film.mp4`,
    )
    .action(lazily(async () => (await import('./publish.js')).publish));

  addCallOptions(
    program
      .command('titles')
      .description('list published titles')
      .option('--owner <owner>', 'of this owner only'),
  )
    .addHelpText('after', '\nExamples:\n  $ fairhop titles\n  $ fairhop titles --owner moviestudio --json')
    .action(lazily(async () => (await import('./titles.js')).listTitles));

  addCallOptions(
    program
      .command('withdraw')
      .description('withdraw a title: running transfers end, nobody gets it any more')
      .argument('<title>', 'owner/name'),
  )
    .addHelpText('after', '\nExample:\n  $ fairhop withdraw moviestudio/big-film.mp4')
    .action(lazily(async () => (await import('./titles.js')).withdrawTitle));
}
