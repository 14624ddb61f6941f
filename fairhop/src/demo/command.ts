import { FairhopError } from '@fairhop/shared/model';
import { optionParser, parseByteSize } from '@fairhop/shared/service';
import type { Command } from 'commander';
import type { DemoOptions } from './run.js';

const EXAMPLES = `
Three ISPs on 127.1/16, 127.2/16 and 127.3/16, a CDN edge on 127.0.0.1, nine subscribers with real HTTP and WebRTC between
them. SP1 and SP2 permit the use of uplinks, SP3 does not. At the end the month is closed: PDFs of three invoices are in
demo-output/, or in the directory of --keep. Needs no root and no network.

Examples:
  $ npm run demo
  $ npm run demo -- --file film.mp4
  $ npm run --silent demo -- --json | jq .totals`;

export const registerDemoCommand = (program: Command): void => {
  program
    .command('demo')
    .description('see the whole idea work on this machine, in about a minute')
    .option('--file <file>', 'file to publish (default: random bytes made on the spot)')
    .option('--size <size>', 'size of the file made on the spot (default: 64MiB)', optionParser(positiveSize))
    .option('--subscribers <count>', 'subscribers of each ISP, 3 to 9', optionParser(subscribers), 3)
    .option('--keep <dir>', 'keep data, downloads and invoices in this new directory')
    .option('--json', 'print one JSON document on standard output, and the story on standard error')
    .addHelpText('after', EXAMPLES)
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('./run.js');
      await runDemo(options);
    });
};

const subscribers = (text: string): number => {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 3 || count > 9)
    throw new FairhopError('invalid-option', 'must be 3 to 9', { status: 400 });
  return count;
};

const positiveSize = (text: string): number => {
  const sizeBytes = parseByteSize(text);
  if (sizeBytes > 0) return sizeBytes;
  throw new FairhopError('invalid-option', 'must be at least 1 byte', { status: 400 });
};
