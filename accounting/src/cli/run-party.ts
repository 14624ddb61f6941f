import type { Party } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { ibanText } from '../documents/index.js';
import { writeLine } from './print.js';
import { partyText } from './run-contract.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface PutOptions extends ServiceOptions {
  readonly name: string;
  readonly country: string;
  readonly addressLine: string[];
  readonly vatId?: string;
  readonly registration?: string;
  readonly email?: string;
  readonly iban?: string;
}

export async function putParty(kind: string, id: string, options: PutOptions): Promise<void> {
  const { name, country, addressLine, vatId, registration, email, iban } = options;
  const body = {
    name,
    country: country.toUpperCase(),
    addressLines: addressLine,
    ...(vatId !== undefined && { vatId }),
    ...(registration !== undefined && { registration }),
    ...(email !== undefined && { email }),
    ...(iban !== undefined && { iban: iban.replaceAll(' ', '').toUpperCase() }),
  };
  // Which kinds there are is the service's to check.
  const params = { kind: kind as Party['kind'], id };
  const entry = await askAccounting(options, (client) => client.putParty({ params, body }));
  if (options.json) printJson(entry);
  else writeLine(`${partyText(entry.party)} is ${entry.details.name} on invoices from now on.`);
}

export async function listParties(options: ServiceOptions): Promise<void> {
  const { parties } = await askAccounting(options, (client) => client.listParties({}));
  if (options.json) printJson(parties);
  else if (parties.length === 0) writeLine('No party is named.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'party', cell: ({ party }) => partyText(party) },
          { header: 'name', cell: ({ details }) => details.name },
          { header: 'address', cell: ({ details }) => [...details.addressLines, details.country].join(', ') },
          { header: 'VAT ID', cell: ({ details }) => details.vatId ?? '-' },
          { header: 'e-mail', cell: ({ details }) => details.email ?? '-' },
          {
            header: 'IBAN',
            cell: ({ details }) => (details.iban === undefined ? '-' : ibanText(details.iban)),
          },
        ],
        parties,
      ),
    );
  }
}
