import type { Invoice, PartyDetails } from '@fairhop/shared/model';

/** Greece and Northern Ireland have prefixes that are not their country's code (BR-CO-09). */
const otherPrefixes: Readonly<Record<string, string>> = { GR: 'EL', GB: 'XI' };

/** With its country's prefix it is a VAT identifier (BT-31, BT-48); else undefined. */
export function vatIdentifierOf({ vatId, country }: PartyDetails): string | undefined {
  const compact = vatId?.replaceAll(/\s/g, '').toUpperCase();
  const prefixes = [country, otherPrefixes[country]];
  return prefixes.some((prefix) => prefix !== undefined && compact?.startsWith(prefix)) ? compact : undefined;
}

interface LackedVatId {
  readonly side: 'issuer' | 'payer';
  /** What is missing, by which rule of EN 16931. */
  readonly lack: string;
}

/** VAT ids that an invoice's category takes, and that its parties have not told. */
export function lackedVatIds({
  taxCategory,
  issuerDetails,
  payerDetails,
}: Pick<Invoice, 'taxCategory' | 'issuerDetails' | 'payerDetails'>): LackedVatId[] {
  const lacked: LackedVatId[] = [];
  if (taxCategory !== 'O' && issuerDetails.vatId === undefined)
    lacked.push({
      side: 'issuer',
      lack: `has no vatId, which VAT category ${taxCategory} takes (BR-${taxCategory}-02)`,
    });
  if (taxCategory === 'AE' && (vatIdentifierOf(payerDetails) ?? payerDetails.registration) === undefined)
    lacked.push({
      side: 'payer',
      lack: "has neither a vatId with its country's prefix nor a registration, one of which reverse charge takes (BR-AE-02)",
    });
  return lacked;
}
