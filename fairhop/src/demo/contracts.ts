import type { accountingEndpoints, Client } from '@fairhop/shared/contract';
import type {
  ChargedUsage,
  Contract,
  ContractTerms,
  Party,
  PartyDetails,
  RatePlan,
} from '@fairhop/shared/model';
import { type DemoSetting, OWNER } from './setting.js';

/** Fictional companies; what is between them crosses borders, so that VAT is the payer's to account for. */
const parties: readonly (Party & { readonly details: PartyDetails })[] = [
  {
    ...{ kind: 'isp', id: 'sp1' },
    details: {
      name: 'SP1 Netz GmbH',
      addressLines: ['Leitungsweg 1', '10115 Berlin'],
      ...{ country: 'DE', vatId: 'DE999999999', email: 'invoices@sp1.example' },
      iban: 'DE02120300000000202051',
    },
  },
  {
    ...{ kind: 'isp', id: 'sp2' },
    details: {
      name: 'SP2 Réseaux SAS',
      addressLines: ['2 rue des Câbles', '69001 Lyon'],
      ...{ country: 'FR', vatId: 'FR99999999999', email: 'factures@sp2.example' },
      iban: 'FR1420041010050500013M02606',
    },
  },
  {
    ...{ kind: 'isp', id: 'backbone' },
    details: {
      name: 'Backbone Transit B.V.',
      addressLines: ['Glasvezelkade 3', '1012 AB Amsterdam'],
      ...{ country: 'NL', vatId: 'NL999999999B99', email: 'invoices@backbone.example' },
      iban: 'NL91ABNA0417164300',
    },
  },
  {
    ...{ kind: 'owner', id: OWNER },
    details: {
      name: 'Moviestudio Ltd',
      addressLines: ['4 Reel Street', 'Dublin D02 X285'],
      ...{ country: 'IE', vatId: 'IE9999999WI', email: 'accounts@moviestudio.example' },
    },
  },
];

const CURRENCY = 'EUR';

interface DemoCharge {
  readonly description: string;
  readonly usage: ChargedUsage;
  readonly plan: RatePlan;
  /** The plan in words. */
  readonly told: string;
}

type DemoContract = Pick<Contract, 'id' | 'kind' | 'name' | 'issuer' | 'payer'> & {
  readonly charges: Readonly<Record<string, DemoCharge>>;
};

const owner: Party = { kind: 'owner', id: OWNER };
const isp = (id: string): Party => ({ kind: 'isp', id });

const ownersContracts: readonly DemoContract[] = [
  {
    ...{ id: `sp1-${OWNER}`, kind: 'isp-owner', name: 'Delivery in SP1' },
    ...{ issuer: isp('sp1'), payer: owner },
    charges: {
      delivered: {
        description: 'Delivered to subscribers of SP1',
        usage: { destination: 'sp1', owner: OWNER },
        plan: { type: 'per-unit', price: '20' },
        told: '20.00 per GB delivered to its subscribers',
      },
      uplinks: {
        description: 'Sent by uplinks of subscribers of SP1',
        usage: { source: 'sp1', owner: OWNER },
        plan: { type: 'per-unit', price: '5' },
        told: '5.00 per GB that their uplinks send',
      },
    },
  },
  {
    ...{ id: `sp2-${OWNER}`, kind: 'isp-owner', name: 'Delivery in SP2' },
    ...{ issuer: isp('sp2'), payer: owner },
    charges: {
      delivered: {
        description: 'Delivered to subscribers of SP2',
        usage: { destination: 'sp2', owner: OWNER },
        plan: {
          ...{ type: 'tiers', mode: 'graduated' },
          tiers: [
            { upToUnits: '0.01', price: '30' },
            { upToUnits: '0.1', price: '24' },
            { upToUnits: null, price: '18' },
          ],
        },
        told: '30.00 per GB delivered up to 0.01 GB, 24.00 up to 0.1 GB, 18.00 above',
      },
      uplinks: {
        description: 'Sent by uplinks of subscribers of SP2',
        usage: { source: 'sp2', owner: OWNER },
        plan: { type: 'flat', amount: '2', includedUnits: '0.02', overagePrice: '6' },
        told: '2.00 for 0.02 GB of uplinks, then 6.00 per GB',
      },
    },
  },
  {
    ...{ id: `backbone-${OWNER}`, kind: 'isp-owner', name: 'Transit from the CDN' },
    ...{ issuer: isp('backbone'), payer: owner },
    charges: {
      transit: {
        description: 'Transit from the CDN',
        usage: { leaves: 'cdn', enters: 'backbone', owner: OWNER },
        plan: { type: 'per-unit', price: '12' },
        told: '12.00 per GB from the CDN',
      },
      port: {
        description: 'Port of the CDN, 95th percentile',
        usage: { leaves: 'cdn', enters: 'backbone', owner: OWNER },
        plan: {
          ...{ type: 'percentile95', price: '0.90', direction: 'forward' },
          committedBitsPerSecond: 10_000_000,
        },
        told: '0.90 per Mbit/s of the 95th percentile, 10 Mbit/s committed',
      },
    },
  },
];

const transit = (from: string, to: string): DemoContract => ({
  ...{ id: `${from}-to-${to}`, kind: 'isp-isp', name: `Exchange from ${from.toUpperCase()}` },
  ...{ issuer: isp(to), payer: isp(from) },
  charges: {
    sent: {
      description: `From ${from.toUpperCase()} into ${to.toUpperCase()}`,
      usage: { leaves: from, enters: to },
      plan: { type: 'per-unit', price: '30' },
      told: '30.00 per GB that comes into it',
    },
  },
});

const exchange = [transit('sp1', 'sp2'), transit('sp2', 'sp1')];

const termsOf = ({ charges }: DemoContract, timeZone: string): ContractTerms => ({
  ...{ currency: CURRENCY, timeZone, period: 'month', unit: 'GB', rounding: 'half-even' },
  charges: Object.entries(charges).map(([id, { description, usage, plan }]) => ({
    ...{ id, description, usage, plan },
  })),
  tax: { category: 'AE', percent: '0', exemptionReason: 'Reverse charge' },
  ...{ paymentDays: 30, graceHours: 0 },
});

/** Names the parties, and makes the contracts of these months from `fromMs` on. */
export const agreeOnContracts = async (
  { story }: DemoSetting,
  accounting: Client<typeof accountingEndpoints>,
  { timeZone, fromMs }: { readonly timeZone: string; readonly fromMs: number },
): Promise<void> => {
  story.chapter('ISPs agree on prices, with the owner and with each other');
  for (const { kind, id, details } of parties)
    await accounting.putParty({ params: { kind, id }, body: details });
  story.line(
    `in ${CURRENCY}, a thousand times what is usual, so that the demo's megabytes come to more than nothing`,
  );
  for (const contract of [...ownersContracts, ...exchange]) {
    const { id, kind, name, issuer, payer } = contract;
    const body = { kind, name, issuer, payer, terms: termsOf(contract, timeZone), fromMs };
    await accounting.putContract({ params: { contract: id }, body });
    const told = Object.values(contract.charges).map((charge) => charge.told);
    story.line(`${id}: ${issuer.id.toUpperCase()} asks ${nameOf(payer)} for ${told.join('; ')}`);
  }
};

const nameOf = ({ kind, id }: Party): string => (kind === 'isp' ? id.toUpperCase() : id);
