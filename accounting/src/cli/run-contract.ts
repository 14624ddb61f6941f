import type { Contract, ContractVersion, Party } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { dateText, lastDateText, planText, thousands, usageWords } from '../documents/index.js';
import { instantIn, readContractFile } from './contract-file.js';
import { counted, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

export async function putContract(
  file: string,
  options: ServiceOptions & { readonly from?: string },
): Promise<void> {
  const { id, from, ...agreed } = await readContractFile(file, options.from);
  const fromMs = instantIn(from, agreed.terms.timeZone);
  const contract = await askAccounting(options, (client) =>
    client.putContract({ params: { contract: id }, body: { ...agreed, fromMs } }),
  );
  if (options.json) printJson(contract);
  else writeLine(contractText(contract));
}

export async function showContract(id: string, options: ServiceOptions): Promise<void> {
  const contract = await askAccounting(options, (client) => client.getContract({ params: { contract: id } }));
  if (options.json) printJson(contract);
  else writeLine(contractText(contract));
}

export async function endContract(
  id: string,
  options: ServiceOptions & { readonly at: string },
): Promise<void> {
  const params = { contract: id };
  const contract = await askAccounting(options, async (client) => {
    const { versions } = await client.getContract({ params });
    const query = { atMs: instantIn(options.at, versions.at(-1)!.timeZone) };
    return client.endContract({ params, query });
  });
  if (options.json) printJson(contract);
  else writeLine(contractText(contract));
}

export async function listContracts(options: ServiceOptions): Promise<void> {
  const { contracts } = await askAccounting(options, (client) => client.listContracts({}));
  if (options.json) printJson(contracts);
  else if (contracts.length === 0) writeLine('There are no contracts.');
  else {
    const newest = (contract: Contract): ContractVersion => contract.versions.at(-1)!;
    writeLine(
      formatTable(
        [
          { header: 'contract', cell: ({ id }) => id },
          { header: 'kind', cell: ({ kind }) => kind },
          { header: 'issuer', cell: ({ issuer }) => partyText(issuer) },
          { header: 'payer', cell: ({ payer }) => partyText(payer) },
          { header: 'each', cell: (contract) => newest(contract).period },
          { header: 'currency', cell: (contract) => newest(contract).currency },
          { header: 'charges', cell: (contract) => String(newest(contract).charges.length), align: 'right' },
          { header: 'version', cell: (contract) => String(newest(contract).version), align: 'right' },
          { header: 'in force', cell: (contract) => spanOf(newest(contract)) },
        ],
        contracts,
      ),
    );
  }
}

export const partyText = ({ kind, id }: Party): string => (kind === 'operator' ? kind : `${kind} ${id}`);

/** All that is agreed, the newest terms first. */
function contractText({ id, name, kind, issuer, payer, versions, objects }: Contract): string {
  return [
    `${id}: ${name} (${kind}, ${partyText(issuer)} invoices ${partyText(payer)})`,
    `Accounting objects: ${objects.join(', ') || 'none'}`,
    ...versions.toReversed().flatMap((version) => ['', ...versionLines(version)]),
  ].join('\n');
}

const spanOf = ({ fromMs, toMs, timeZone }: ContractVersion): string =>
  toMs === null
    ? `from ${dateText(fromMs, timeZone)}`
    : `${dateText(fromMs, timeZone)} to ${lastDateText(toMs, timeZone)}`;

function versionLines(version: ContractVersion): string[] {
  const { period, timeZone, currency, unit, rounding, charges, tax, paymentDays, graceHours } = version;
  const taxed = tax.category === 'S' ? `VAT ${tax.percent} %` : `VAT category ${tax.category}`;
  const minimum =
    version.minimumAmount === undefined ? [] : [`at least ${thousands(version.minimumAmount)} ${currency}`];
  return [
    `Version ${version.version}, ${spanOf(version)} (${timeZone}), each ${period}`,
    `  in ${[
      ...[currency, unit, `rounded ${rounding}`, ...minimum, taxed],
      `payable within ${counted(paymentDays, 'day')}`,
      ...(graceHours === 0 ? [] : [`closed ${counted(graceHours, 'hour')} after the end`]),
    ].join(', ')}`,
    formatTable(
      [
        { header: '  charge', cell: ({ id }) => `  ${id}` },
        { header: 'what', cell: ({ description }) => description },
        { header: 'of', cell: ({ usage }) => usageWords(usage) },
        { header: 'at', cell: ({ plan }) => planText(plan, unit) },
      ],
      charges,
    ),
  ];
}
