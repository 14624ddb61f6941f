import type { Party, PartyDetails } from '@fairhop/shared/model';
import type { Element } from './element.js';
import { vatIdentifierOf } from './vat-ids.js';

export interface UblParty {
  readonly party: Party;
  readonly details: PartyDetails;
}

/** `hasVat` is false of what is not subject to VAT: such an invoice names no VAT identifier (BR-O-02). */
export function partyElement({ party, details }: UblParty, hasVat: boolean): Element {
  const { name, email, registration } = details;
  return {
    'cac:Party': {
      'cbc:EndpointID': email === undefined ? undefined : { '@schemeID': 'EM', '#': email },
      'cac:PartyIdentification': { 'cbc:ID': `${party.kind}:${party.id}` },
      'cac:PartyName': { 'cbc:Name': name },
      'cac:PostalAddress': addressElement(details),
      'cac:PartyTaxScheme': hasVat ? taxSchemeElement(details) : undefined,
      'cac:PartyLegalEntity': { 'cbc:RegistrationName': name, 'cbc:CompanyID': registration },
      'cac:Contact': email === undefined ? undefined : { 'cbc:ElectronicMail': email },
    },
  };
}

function addressElement({ addressLines, country }: PartyDetails): Element {
  const [street, additional, ...others] = addressLines;
  return {
    'cbc:StreetName': street,
    'cbc:AdditionalStreetName': additional,
    'cac:AddressLine': others.length === 0 ? undefined : { 'cbc:Line': others.join(', ') },
    'cac:Country': { 'cbc:IdentificationCode': country },
  };
}

/** Without a country's prefix it is a local tax registration (BT-32). */
function taxSchemeElement(details: PartyDetails): Element | undefined {
  const vatIdentifier = vatIdentifierOf(details);
  const identifier = vatIdentifier ?? details.vatId;
  if (identifier === undefined) return undefined;
  return {
    'cbc:CompanyID': identifier,
    'cac:TaxScheme': { 'cbc:ID': vatIdentifier === undefined ? 'LOC' : 'VAT' },
  };
}
