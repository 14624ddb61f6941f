import type { ChargedUsage, LineBasis, RatePlan } from '@fairhop/shared/model';
import { clockText, thousands } from './format.js';

const measures: Readonly<Record<LineBasis['measure'], string>> = {
  bytes: 'billable bytes',
  files: 'files that a host has completely',
  percentile95: '95th percentile of the 5-minute rates of billable bytes',
};

const quantityUnits: Readonly<Record<LineBasis['measure'], string>> = {
  bytes: 'bytes',
  files: 'files',
  percentile95: 'bit/s',
};

/** Which transfers a line counts: `billable bytes: leave sp1, enter sp2, between 18:00 and 24:00`. */
export const usageText = ({ measure, usage }: Pick<LineBasis, 'measure' | 'usage'>): string =>
  `${measures[measure]}: ${usageWords(usage)}`;

/** `leave sp1, enter sp2`; `all` without a filter. */
export const usageWords = (usage: ChargedUsage): string => filterTexts(usage).join(', ') || 'all';

function filterTexts(usage: ChargedUsage): string[] {
  const { leaves, enters, crosses, source, destination, owner, title, category, kind, hours } = usage;
  const named = (label: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${label} ${value}`];
  return [
    ...named('leave', leaves),
    ...named('enter', enters),
    ...named('cross', crosses && anyOf(crosses)),
    ...named('from', source),
    ...named('to', destination),
    ...named('content owner', owner),
    ...named('title', title),
    ...named('category', category),
    ...named('kind', kind),
    ...(hours === undefined ? [] : [`between ${hours.from} and ${hours.to}`]),
  ];
}

/** A usage may name 64 components of 600 characters each; `invoiceCsv` has them all. */
const MAX_NAMED = 6;

function anyOf(names: readonly string[]): string {
  const others = names.length - MAX_NAMED;
  return `${names.slice(0, MAX_NAMED).join(' or ')}${others > 0 ? ` or one of ${others} more` : ''}`;
}

/** `2026-11-01 00:00 to 2026-12-01 00:00, Europe/Berlin`. */
export const spanText = ({
  fromMs,
  toMs,
  timeZone,
}: Pick<LineBasis, 'fromMs' | 'toMs' | 'timeZone'>): string =>
  `${clockText(fromMs, timeZone)} to ${clockText(toMs, timeZone)}, ${timeZone}`;

/** `1,234,567 bytes`. */
export const measuredText = ({ measure, quantity }: Pick<LineBasis, 'measure' | 'quantity'>): string =>
  `${thousands(String(quantity))} ${quantityUnits[measure]}`;

/** What is agreed: `0.02 per GB`. Prices are in the contract's currency. */
export function planText(plan: RatePlan, unit: LineBasis['unit']): string {
  const price = (decimal: string): string => thousands(decimal);
  switch (plan.type) {
    case 'per-unit':
      return `${price(plan.price)} per ${unit}`;
    case 'tiers':
      return tiersText(plan, unit);
    case 'flat':
      return `${price(plan.amount)} flat for ${thousands(plan.includedUnits)} ${unit}, then ${price(plan.overagePrice)} per ${unit}`;
    case 'percentile95':
      return `${price(plan.price)} per Mbit/s of the 95th percentile, ${directions[plan.direction]}${committedText(plan.committedBitsPerSecond)}`;
    case 'reserved':
      return `${price(plan.reservedAmount)} for ${thousands(plan.reservedUnits)} ${unit} reserved, then ${price(plan.usagePrice)} per ${unit}`;
    case 'royalty':
      return `${price(plan.pricePerFile)} per complete file`;
  }
}

const directions: Readonly<Record<'forward' | 'backward' | 'larger' | 'sum', string>> = {
  forward: 'in the direction of the charge',
  backward: 'against the direction of the charge',
  larger: 'of the larger direction',
  sum: 'of both directions together',
};

const committedText = (bitsPerSecond: number | undefined): string =>
  bitsPerSecond === undefined ? '' : `, at least ${thousands(String(bitsPerSecond))} bit/s`;

function tiersText({ mode, tiers }: Extract<RatePlan, { type: 'tiers' }>, unit: string): string {
  const steps = tiers.map(({ upToUnits, price }) =>
    upToUnits === null ? `${price} above` : `${price} up to ${thousands(upToUnits)} ${unit}`,
  );
  const how = mode === 'graduated' ? 'each at the price of its tier' : 'all at the price of the tier reached';
  return `per ${unit}: ${steps.join(', ')}; ${how}`;
}
