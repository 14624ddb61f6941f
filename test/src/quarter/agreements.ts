import { type Contract, type ContractTerms, contractTermsSchema, type Party } from '@fairhop/shared/model';
import type { z } from 'zod';
import { type Span, spanOf } from './calendar.js';

/** Terms from the begin of a period on, or from a time within the first one. */
interface AgreedVersion {
  readonly from: string | number;
  readonly terms: ContractTerms;
}

/** A contract as both sides have it in their drawers. */
export interface Agreement extends Pick<Contract, 'id' | 'kind' | 'name' | 'issuer' | 'payer'> {
  readonly versions: readonly AgreedVersion[];
  readonly endMs?: number;
}

export interface AgreedPeriod extends Span {
  readonly key: string;
  readonly terms: ContractTerms;
  readonly version: number;
  /** Of the last version, after the contract's end. */
  readonly isAfterEnd: boolean;
  /** From when on it is settled. */
  readonly closableMs: number;
}

const HOUR_MS = 3_600_000;
const isp = (id: string): Party => ({ kind: 'isp', id });
const owner = (id: string): Party => ({ kind: 'owner', id });
const operator: Party = { kind: 'operator', id: 'operator' };
export const parties: readonly Party[] = [
  operator,
  ...['backbone', 'sp1', 'sp2', 'sp3'].map(isp),
  ...['moviestudio', 'newsroom'].map(owner),
];

const vat = { category: 'S', percent: '20' } as const;
const london = { timeZone: 'Europe/London', period: 'month', unit: 'GB', currency: 'EUR', tax: vat } as const;

type Terms = z.input<typeof contractTermsSchema>;

/** `graceHours`: how long each waits for late reports; by default some do and some do not. */
export function createAgreements(graceHours: number | undefined): Agreement[] {
  const terms = (given: Terms, ownGraceHours: number): ContractTerms =>
    contractTermsSchema.parse({ ...given, graceHours: graceHours ?? ownGraceHours });
  const studio = (prices: { tiers: [string, string]; evening: string; minimum: string }): ContractTerms =>
    terms(
      {
        ...london,
        charges: [
          {
            id: 'delivery',
            description: 'Delivery from edges',
            usage: { owner: 'moviestudio', kind: 'edge-to-client' },
            plan: {
              ...{ type: 'tiers', mode: 'graduated' },
              tiers: [
                { upToUnits: '20', price: prices.tiers[0] },
                { upToUnits: null, price: prices.tiers[1] },
              ],
            },
          },
          {
            id: 'evening',
            description: 'All traffic in the evening',
            usage: { owner: 'moviestudio', hours: { from: '18:00', to: '01:30' } },
            plan: { type: 'per-unit', price: prices.evening },
          },
          {
            id: 'films',
            description: 'Films that arrived',
            usage: { owner: 'moviestudio' },
            plan: { type: 'royalty', pricePerFile: '1.995' },
          },
        ],
        minimumAmount: prices.minimum,
      },
      0,
    );
  const transit = (given: Pick<Terms, 'charges' | 'minimumAmount'>, own = 0): ContractTerms =>
    terms(
      { ...london, tax: { category: 'AE', percent: '0', exemptionReason: 'Reverse charge' }, ...given },
      own,
    );
  return [
    {
      ...{ id: 'studio', kind: 'owner-operator', name: 'Movie Studio', issuer: operator },
      payer: owner('moviestudio'),
      versions: [
        { from: '2026-10', terms: studio({ tiers: ['0.81', '0.43'], evening: '1000', minimum: '90000' }) },
        {
          from: '2026-11',
          terms: studio({ tiers: ['0.79', '0.4'], evening: '1234.567', minimum: '20000.005' }),
        },
      ],
    },
    {
      ...{ id: 'news', kind: 'owner-operator', name: 'Newsroom', issuer: operator, payer: owner('newsroom') },
      versions: [
        {
          from: '2026-Q4',
          terms: terms(
            {
              ...{ currency: 'USD', timeZone: 'America/New_York', period: 'quarter', unit: 'GiB', tax: vat },
              rounding: 'half-up',
              charges: [
                {
                  id: 'all',
                  description: 'All traffic',
                  usage: { owner: 'newsroom' },
                  plan: { type: 'flat', amount: '250.5', includedUnits: '15.25', overagePrice: '777.7' },
                },
                {
                  id: 'live',
                  description: 'Live between clients',
                  usage: { category: 'live', kind: 'client-to-client', owner: 'newsroom' },
                  plan: { type: 'per-unit', price: '1000000' },
                },
              ],
            },
            24,
          ),
        },
      ],
    },
    {
      ...{ id: 'sp1-studio', kind: 'isp-owner', name: 'SP1 and Movie Studio', issuer: isp('sp1') },
      payer: owner('moviestudio'),
      versions: [
        {
          from: '2026-10',
          terms: terms(
            {
              ...{ currency: 'JPY', timeZone: 'Asia/Kolkata', period: 'month', unit: 'GB', rounding: 'up' },
              charges: [
                {
                  id: 'into-sp1',
                  description: 'To subscribers of SP1',
                  usage: { enters: 'sp1', owner: 'moviestudio' },
                  plan: {
                    ...{ type: 'tiers', mode: 'volume' },
                    tiers: [
                      { upToUnits: '3', price: '7000' },
                      { upToUnits: null, price: '5000' },
                    ],
                  },
                },
                {
                  id: 'within-sp1',
                  description: 'From subscribers of SP1',
                  usage: { source: 'sp1', title: 'moviestudio/first.mp4' },
                  plan: { type: 'per-unit', price: '12345.678' },
                },
              ],
            },
            6,
          ),
        },
      ],
    },
    {
      ...{ id: 'sp2-sp1', kind: 'isp-isp', name: 'SP2 for SP1', issuer: isp('sp2'), payer: isp('sp1') },
      versions: [
        {
          from: '2026-10',
          terms: transit({
            charges: [
              {
                id: 'evening-peak',
                description: '95th percentile of evenings',
                usage: { leaves: 'sp1', enters: 'sp2', hours: { from: '17:00', to: '22:00' } },
                plan: {
                  type: 'percentile95',
                  price: '3.21',
                  direction: 'larger',
                  committedBitsPerSecond: 500_000,
                },
              },
              {
                id: 'volume',
                description: 'Volume into SP2',
                usage: { leaves: 'sp1', enters: 'sp2' },
                plan: { type: 'per-unit', price: '99999.99' },
              },
            ],
          }),
        },
        {
          from: '2026-12',
          terms: transit({
            minimumAmount: '100',
            charges: [
              {
                id: 'evening-peak',
                description: '95th percentile of evenings',
                usage: { leaves: 'sp1', enters: 'sp2', hours: { from: '17:00', to: '22:00' } },
                plan: { type: 'percentile95', price: '3.5', direction: 'sum' },
              },
            ],
          }),
        },
      ],
    },
    {
      ...{ id: 'sp1-sp2', kind: 'isp-isp', name: 'SP1 for SP2', issuer: isp('sp1'), payer: isp('sp2') },
      versions: [
        {
          from: '2026-10',
          terms: transit({
            charges: [
              {
                id: 'volume',
                description: 'Volume into SP1',
                usage: { leaves: 'sp2', enters: 'sp1' },
                plan: { type: 'per-unit', price: '54321.5' },
              },
            ],
          }),
        },
      ],
    },
    {
      ...{ id: 'transit-sp3', kind: 'isp-isp', name: 'Backbone for SP3', issuer: isp('backbone') },
      payer: isp('sp3'),
      versions: [
        {
          from: '2026-Q4',
          terms: terms(
            {
              ...london,
              period: 'quarter',
              charges: [
                {
                  id: 'up',
                  description: 'Into the backbone',
                  usage: { leaves: 'sp3', enters: 'backbone', hours: { from: '17:00', to: '20:00' } },
                  plan: { type: 'percentile95', price: '12.5', direction: 'forward' },
                },
                {
                  id: 'down',
                  description: 'Out of the backbone',
                  usage: { leaves: 'sp3', enters: 'backbone' },
                  plan: {
                    type: 'percentile95',
                    price: '11',
                    direction: 'backward',
                    committedBitsPerSecond: 1_000,
                  },
                },
              ],
            },
            48,
          ),
        },
      ],
    },
    {
      ...{ id: 'sp3-links', kind: 'isp-operator', name: 'Links of SP3', issuer: isp('sp3'), payer: operator },
      versions: [
        {
          // In the middle of a month, and of a day.
          from: Date.UTC(2026, 9, 13, 10, 35),
          terms: terms(
            {
              ...{
                currency: 'KWD',
                timeZone: 'America/New_York',
                period: 'month',
                unit: 'GiB',
                rounding: 'down',
              },
              charges: [
                {
                  id: 'links',
                  description: 'What comes to SP3 over its links',
                  usage: { crosses: ['link:as:64500>as:64503', 'link:as:64502>as:64503'] },
                  plan: {
                    type: 'reserved',
                    reservedUnits: '1.5',
                    reservedAmount: '40',
                    usagePrice: '1234.56789',
                  },
                },
                {
                  id: 'all',
                  description: 'All that SP3 carries',
                  usage: { crosses: ['isp:sp3'] },
                  plan: { type: 'per-unit', price: '98765.4321' },
                },
              ],
            },
            1,
          ),
        },
      ],
      endMs: Date.UTC(2026, 11, 15, 7, 20),
    },
  ];
}

/** From when on a version holds. */
export const beginOf = ({ from, terms }: AgreedVersion): number =>
  typeof from === 'number' ? from : spanOf(from, terms.timeZone).fromMs;

/** All periods that can be settled by then, in order. */
export function periodsUntil({ versions, endMs }: Agreement, nowMs: number): AgreedPeriod[] {
  const months = ['2026-10', '2026-11', '2026-12', '2027-01', '2027-02', '2027-03'];
  const periods: AgreedPeriod[] = [];
  for (const key of versions[0]!.terms.period === 'month' ? months : ['2026-Q4', '2027-Q1']) {
    const { timeZone } = versions[0]!.terms;
    const whole = spanOf(key, timeZone);
    const version = versions.findLastIndex((one) => beginOf(one) < whole.toMs);
    const { terms } = versions[version]!;
    const isAfterEnd = endMs !== undefined && whole.fromMs >= endMs;
    const fromMs = Math.max(whole.fromMs, beginOf(versions[0]!));
    const toMs = isAfterEnd ? whole.toMs : Math.min(whole.toMs, endMs ?? whole.toMs);
    const closableMs = toMs + terms.graceHours * HOUR_MS;
    if (closableMs <= nowMs)
      periods.push({ key, fromMs, toMs, terms, version: version + 1, isAfterEnd, closableMs });
  }
  return periods;
}
