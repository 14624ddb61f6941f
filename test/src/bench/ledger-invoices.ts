import { join } from 'node:path';
import type { Ledger } from '@fairhop/accounting/ledger';
import { closeMonth } from '@fairhop/accounting/testing';
import { type Charge, type Contract, contractTermsSchema, type Party } from '@fairhop/shared/model';
import { createLog } from '@fairhop/shared/service';

const CONTRACTS = 50;
/** The month of the workload. */
const PERIOD = '2026-07';
const FROM_MS = Date.UTC(2026, 6, 1);
const AFTER_MS = Date.UTC(2026, 7, 2);

export interface InvoicesMeasured {
  readonly seconds: number;
  readonly lines: number;
}

/** Month-end of 50 contracts of all kinds of plans over the whole ledger: read, drafted, numbered and kept. */
export async function measureInvoices(ledger: Ledger, directory: string): Promise<InvoicesMeasured> {
  const contracts = Array.from({ length: CONTRACTS }, (_, index) => contractOf(index));
  const startMs = performance.now();
  const invoices = await closeMonth({
    ...{ ledger, contracts, period: PERIOD, nowMs: AFTER_MS },
    settlementFile: join(directory, 'settlement.sqlite'),
    log: createLog({ name: 'bench', level: 'error' }),
  });
  const seconds = (performance.now() - startMs) / 1000;
  const billed = invoices.filter(({ totalAmount }) => totalAmount > 0);
  // A percentile of few events may be 0.
  if (invoices.length !== CONTRACTS || billed.length < 0.8 * CONTRACTS)
    throw new Error(
      `${invoices.length} invoices, ${billed.length} with an amount, of ${CONTRACTS} contracts`,
    );
  return { seconds, lines: invoices.reduce((count, { lines }) => count + lines.length, 0) };
}

const perGigabyte = { type: 'per-unit', price: '0.02' } as const;
const inTiers = {
  type: 'tiers',
  mode: 'graduated',
  tiers: [
    { upToUnits: '1000', price: '0.02' },
    { upToUnits: '10000', price: '0.015' },
    { upToUnits: null, price: '0.01' },
  ],
} as const;

/** By turns: an ISP's of an owner in tiers, between ISPs by the 95th percentile, an owner's of the operator, an ISP's with two charges. */
function contractOf(index: number): Contract {
  const [rank, kind] = [Math.floor(index / 4), index % 4];
  const owner = `owner${rank}`;
  const isp = `sp${(rank % 2) + 1}`;
  if (kind === 0) {
    const usage = { owner, crosses: [`isp:${isp}`] };
    return contract(index, 'isp-owner', ispParty(isp), ownerParty(owner), [charge('all', usage, inTiers)]);
  }
  if (kind === 1) {
    const other = `sp${rank + 4}`;
    const plan = { type: 'percentile95', price: '0.5', direction: 'larger' } as const;
    const usage = { leaves: 'sp1', enters: other };
    return contract(index, 'isp-isp', ispParty('sp1'), ispParty(other), [charge('peak', usage, plan)]);
  }
  if (kind === 2) {
    const plan = { type: 'flat', amount: '100', includedUnits: '100', overagePrice: '0.03' } as const;
    return contract(index, 'owner-operator', { kind: 'operator', id: 'operator' }, ownerParty(owner), [
      charge('delivery', { owner }, plan),
    ]);
  }
  const evening = { owner, destination: isp, hours: { from: '18:00', to: '24:00' } };
  return contract(index, 'isp-owner', ispParty(isp), ownerParty(owner), [
    charge('in', { owner, enters: isp }, perGigabyte),
    charge('evening', evening, perGigabyte),
  ]);
}

const ispParty = (id: string): Party => ({ kind: 'isp', id });
const ownerParty = (id: string): Party => ({ kind: 'owner', id });
const charge = (id: string, usage: Charge['usage'], plan: Charge['plan'] | typeof inTiers): Charge =>
  ({ id, description: id, usage, plan }) as Charge;

function contract(
  index: number,
  kind: Contract['kind'],
  issuer: Party,
  payer: Party,
  charges: readonly Charge[],
): Contract {
  const terms = contractTermsSchema.parse({
    ...{ currency: 'EUR', timeZone: 'UTC', period: 'month', unit: 'GB' },
    charges: charges.map((one) => ({ ...one })),
  });
  const version = { ...terms, version: 1, fromMs: FROM_MS, toMs: null };
  return {
    id: `contract${index}`,
    kind,
    name: `Contract ${index}`,
    issuer,
    payer,
    versions: [version],
    objects: [],
  };
}
