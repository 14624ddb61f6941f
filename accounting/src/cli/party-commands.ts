import type { Command } from 'commander';
import { withServiceOptions } from './service-client.js';

/** `party put | list`. */
export function registerPartyCommands(program: Command): void {
  const party = program
    .command('party')
    .description('names and addresses of operator, ISPs and content owners, as they stand on invoices')
    .addHelpText('after', examples);
  withServiceOptions(party.command('put <kind> <id>'))
    .description('name a party (operator, isp or owner); invoices that are issued keep what they say')
    .requiredOption('--name <name>', 'legal name')
    .requiredOption('--country <code>', 'country of ISO 3166-1, such as DE')
    .option(
      '--address-line <line>',
      'a line of the address; up to six times',
      (line: string, before: string[]) => [...before, line],
      [],
    )
    .option('--vat-id <id>', "VAT identifier with its country's prefix, such as DE123456789")
    .option('--registration <id>', 'number in a register of companies')
    .option('--email <address>', 'where invoices are asked about')
    .option('--iban <iban>', 'where payments go')
    .addHelpText('after', examples)
    .action(async (kind, id, options) => (await import('./run-party.js')).putParty(kind, id, options));
  withServiceOptions(party.command('list'))
    .description('parties that are named')
    .addHelpText('after', '\nExample:\n  $ fairhop party list')
    .action(async (options) => (await import('./run-party.js')).listParties(options));
}

const examples = `
Examples:
  An ISP and the operator itself:
    $ fairhop party put isp sp1 --name "SP1 AG" --address-line "Hauptstraße 1" --address-line "10115 Berlin" --country DE --vat-id DE123456789 --iban DE02120300000000202051
    $ fairhop party put operator operator --name "Fairhop GmbH" --country DE`;
