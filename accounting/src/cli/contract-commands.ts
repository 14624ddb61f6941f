import type { Command } from 'commander';
import { withServiceOptions } from './service-client.js';

/** `contract put | list | show | end`. */
export function registerContractCommands(program: Command): void {
  const contract = program
    .command('contract')
    .description('who invoices whom for which traffic at which rates: the terms that invoices are made by')
    .addHelpText('after', examples);
  withServiceOptions(contract.command('put <file>'))
    .description('make a contract of a JSON file, or agree on other terms from a later date on')
    .option('--from <date>', "first day of these terms in the contract's zone (default: from of the file)")
    .addHelpText('after', examples)
    .action(async (file, options) => (await import('./run-contract.js')).putContract(file, options));
  withServiceOptions(contract.command('list'))
    .description('contracts: each party its own, the operator all')
    .addHelpText('after', '\nExample:\n  $ fairhop contract list')
    .action(async (options) => (await import('./run-contract.js')).listContracts(options));
  withServiceOptions(contract.command('show <contract>'))
    .description('a contract with all versions of its terms')
    .addHelpText('after', '\nExample:\n  $ fairhop contract show sp1-moviestudio --json')
    .action(async (id, options) => (await import('./run-contract.js')).showContract(id, options));
  withServiceOptions(contract.command('end <contract>'))
    .description('end a contract; its accounting objects close with it')
    .requiredOption(
      '--at <time>',
      "the day in the contract's zone that it no longer holds on, or a time of ISO 8601",
    )
    .addHelpText('after', '\nExample:\n  $ fairhop contract end sp1-moviestudio --at 2027-01-01')
    .action(async (id, options) => (await import('./run-contract.js')).endContract(id, options));
}

const examples = `
A file has id, kind (owner-operator, isp-owner, isp-isp, isp-operator), name, issuer, payer, from (a date) and terms; prices are
texts, such as "0.0125". Examples of files are in examples/contracts.

Examples:
  Make a contract, and other prices from December on:
    $ fairhop contract put sp1-moviestudio.json
    $ fairhop contract put sp1-moviestudio.json --from 2026-12-01
  What is agreed:
    $ fairhop contract show sp1-moviestudio`;
