import { type Command, Option } from 'commander';
import { parseCount } from './query-options.js';
import { withServiceOptions } from './service-client.js';

const example = (...lines: string[]): string =>
  `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ fairhop invoice ${line}`).join('\n')}`;

/** `invoice close | list | show | issue | pay | dispute | credit | explain | export`. */
export function registerInvoiceCommands(program: Command): void {
  const invoice = program
    .command('invoice')
    .description('settle periods by contracts: drafts, invoices, credit notes, and where each figure is from')
    .addHelpText('after', examples);
  registerReading(invoice);
  registerSteps(invoice);
}

function registerReading(invoice: Command): void {
  withServiceOptions(invoice.command('list'))
    .description('invoices and credit notes, the newest first')
    .option('--contract <contract>', 'only of this contract')
    .option('--period <period>', 'only of this month or quarter, such as 2026-11 or 2026-Q4')
    .addOption(
      new Option('--status <status>', 'only of this status').choices([
        ...['draft', 'issued', 'paid', 'disputed', 'credited'],
      ]),
    )
    .option('--limit <count>', 'so many at most, up to 1000 (default: 100)', parseCount)
    .addHelpText('after', example('list --period 2026-11', 'list --status disputed --json'))
    .action(async (options) => (await import('./run-invoice.js')).listInvoices(options));
  withServiceOptions(invoice.command('show <invoice>'))
    .description('an invoice by its number or id')
    .addHelpText('after', example('show SP1-2026-000001'))
    .action(async (name, options) => (await import('./run-invoice.js')).showInvoice(name, options));
  withServiceOptions(invoice.command('explain <invoice>'))
    .description('derive every line again from single events; exit code 1 when one differs from the invoice')
    .addHelpText('after', example('explain SP1-2026-000001', 'explain SP1-2026-000001 --json'))
    .action(async (name, options) => (await import('./run-explain.js')).explainInvoice(name, options));
  withServiceOptions(invoice.command('export <invoice>'))
    .description('write an invoice as a document')
    .addOption(
      new Option(
        '--format <format>',
        'pdf to send, csv for spreadsheets, ubl (UBL 2.1, EN 16931) for programs',
      )
        .choices(['pdf', 'csv', 'ubl'])
        .default('pdf'),
    )
    .option(
      '--output <file>',
      'where to (default: <number>.pdf; csv and ubl to standard output, with --json to <number>.csv or .xml)',
    )
    .addHelpText(
      'after',
      example('export SP1-2026-000001', 'export SP1-2026-000001 --format ubl --output SP1-2026-000001.xml'),
    )
    .action(async (name, options) => (await import('./run-export.js')).exportInvoice(name, options));
}

function registerSteps(invoice: Command): void {
  withServiceOptions(invoice.command('close <period>'))
    .description(
      'settle a period that is over: draft what each contract comes to; again changes nothing; exit code 1 when a contract fails, after the others',
    )
    .option('--contract <contract>', 'only of this contract')
    .option('--issue', 'issue the drafts at once')
    .addHelpText('after', example('close 2026-11', 'close 2026-Q4 --contract sp1-sp2-peering --issue'))
    .action(async (period, options) => (await import('./run-invoice.js')).closePeriod(period, options));
  withServiceOptions(invoice.command('issue <invoice>'))
    .description('give a draft its number and its date; nothing in it changes any more')
    .addHelpText('after', example('issue 0198f0c4-7c9e-7425-940d-e07fc1f90ae7'))
    .action(async (name, options) => (await import('./run-invoice.js')).issueInvoice(name, options));
  withServiceOptions(invoice.command('pay <invoice>'))
    .description('note that an invoice is paid')
    .option('--note <text>', 'such as the reference of the payment')
    .addHelpText('after', example('pay SP1-2026-000001 --note "statement 12, line 4"'))
    .action(async (name, options) => (await import('./run-invoice.js')).payInvoice(name, options));
  withServiceOptions(invoice.command('dispute <invoice>'))
    .description('dispute an issued invoice')
    .requiredOption('--note <reason>', 'why')
    .addHelpText('after', example('dispute SP1-2026-000001 --note "line 2 counts our own edge"'))
    .action(async (name, options) => (await import('./run-invoice.js')).disputeInvoice(name, options));
  withServiceOptions(invoice.command('credit <invoice>'))
    .description(
      'take an issued invoice back by a credit note over all of it; it is invoiced anew by the next closing',
    )
    .requiredOption('--note <reason>', 'why')
    .option('--waive', 'for good: it is not invoiced anew, only what changes later is')
    .addHelpText(
      'after',
      example(
        'credit SP1-2026-000001 --note "wrong price in the contract"',
        'credit SP1-2026-000001 --waive --note "goodwill for the outage of 3 November"',
      ),
    )
    .action(async (name, options) => (await import('./run-invoice.js')).creditInvoice(name, options));
}

const examples = `
Examples:
  From a month that is over to what is sent:
    $ fairhop invoice close 2026-11 --issue
    $ fairhop invoice export SP1-2026-000001 --output SP1-2026-000001.pdf
  Where a figure is from:
    $ fairhop invoice explain SP1-2026-000001`;
