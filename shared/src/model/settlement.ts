import { z } from 'zod';
import { bitRateSchema, byteCountSchema, slugSchema, timeMsSchema } from './identifiers.js';
import { amountSchema, currencySchema, decimalSchema, roundingSchema } from './money.js';
import { hoursSchema } from './permit.js';
import { transferKindSchema } from './transfer.js';

/** Who takes part in settlement; the operator's id is `operator`. */
export const partySchema = z.strictObject({ kind: z.enum(['operator', 'isp', 'owner']), id: slugSchema });
export type Party = z.infer<typeof partySchema>;

/** As it stands on invoices. */
export const partyDetailsSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  addressLines: z.array(z.string().min(1).max(200)).max(6).default([]),
  /** ISO 3166-1 alpha-2. */
  country: z.string().regex(/^[A-Z]{2}$/, 'must be a country of ISO 3166-1 such as DE'),
  vatId: z.string().min(1).max(32).optional(),
  registration: z.string().min(1).max(64).optional(),
  email: z.email().optional(),
  /** Where payments go. */
  iban: z
    .string()
    .regex(/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/, 'must be an IBAN without spaces')
    .optional(),
});
export type PartyDetails = z.infer<typeof partyDetailsSchema>;

/** GB is 10^9 bytes, GiB 2^30. */
export const volumeUnitSchema = z.enum(['GB', 'GiB']);

const tierSchema = z.strictObject({
  /** Up to and with so many units in the period; null: all above. Ascending, the last one null: no gaps. */
  upToUnits: decimalSchema.nullable(),
  price: decimalSchema,
});

/**
 * How a measured quantity becomes an amount, for one period. Prices are in the currency's major unit. Volumes are in the contract's
 * unit, rates in Mbit/s (10^6 bit/s).
 */
export const ratePlanSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('per-unit'), price: decimalSchema }),
  z.strictObject({
    type: z.literal('tiers'),
    /** `graduated`: each unit at the price of its own tier. `volume`: all at the price of the tier that the total reaches. */
    mode: z.enum(['graduated', 'volume']),
    tiers: z.array(tierSchema).min(1).max(32),
  }),
  z.strictObject({
    type: z.literal('flat'),
    amount: decimalSchema,
    includedUnits: decimalSchema,
    overagePrice: decimalSchema,
  }),
  z.strictObject({
    type: z.literal('percentile95'),
    /** Of one Mbit/s. */
    price: decimalSchema,
    direction: z.enum(['forward', 'backward', 'larger', 'sum']).default('forward'),
    /** Paid whether used or not. */
    committedBitsPerSecond: bitRateSchema.optional(),
  }),
  z.strictObject({
    type: z.literal('reserved'),
    reservedUnits: decimalSchema,
    reservedAmount: decimalSchema,
    /** Of what goes over the reserved volume. */
    usagePrice: decimalSchema,
  }),
  /** For each file that a host has completely, whichever source it came from. */
  z.strictObject({ type: z.literal('royalty'), pricePerFile: decimalSchema }),
]);
export type RatePlan = z.infer<typeof ratePlanSchema>;

/** Of the ledger's queries: which bytes a charge counts; always those that may be billed, in the period that is invoiced. */
export const chargedUsageSchema = z.strictObject({
  leaves: z.string().max(64).optional(),
  enters: z.string().max(64).optional(),
  crosses: z.array(z.string().max(600)).min(1).max(64).optional(),
  source: z.string().max(64).optional(),
  destination: z.string().max(64).optional(),
  owner: slugSchema.optional(),
  title: z.string().max(129).optional(),
  category: z.string().max(64).optional(),
  kind: transferKindSchema.optional(),
  /** In the contract's zone. */
  hours: hoursSchema.omit({ timeZone: true }).optional(),
});
export type ChargedUsage = z.infer<typeof chargedUsageSchema>;

export const chargeSchema = z.strictObject({
  id: slugSchema,
  description: z.string().trim().min(1).max(200),
  usage: chargedUsageSchema,
  plan: ratePlanSchema,
});
export type Charge = z.infer<typeof chargeSchema>;

export const contractTermsSchema = z.strictObject({
  currency: currencySchema,
  timeZone: hoursSchema.shape.timeZone,
  period: z.enum(['month', 'quarter']),
  unit: volumeUnitSchema,
  /** Of each line's amount to the currency's minor unit. */
  rounding: roundingSchema.default('half-even'),
  charges: z.array(chargeSchema).min(1).max(64),
  /** Of all lines of a period together; what is missing becomes a line of its own. */
  minimumAmount: decimalSchema.optional(),
  tax: z
    .strictObject({
      /** UNCL 5305 as EN 16931 uses it: S standard, Z zero, E exempt, AE reverse charge, O outside scope. */
      category: z.enum(['S', 'Z', 'E', 'AE', 'O']),
      percent: decimalSchema,
      /** Why there is none: stands on the invoice. */
      exemptionReason: z.string().min(1).max(200).optional(),
    })
    .default({ category: 'O', percent: '0', exemptionReason: 'Not subject to VAT' }),
  paymentDays: z.int().min(0).max(365).default(30),
  /** So long after a period's end its invoice waits for late reports. */
  graceHours: z
    .int()
    .min(0)
    .max(24 * 31)
    .default(0),
});
export type ContractTerms = z.infer<typeof contractTermsSchema>;

/** One version of a contract: what is agreed from `fromMs` to `toMs` (null: open), which lie on period edges in the zone or where the contract begins and ends. */
export const contractVersionSchema = contractTermsSchema.extend({
  version: z.int().min(1),
  fromMs: timeMsSchema,
  toMs: timeMsSchema.nullable(),
});
export type ContractVersion = z.infer<typeof contractVersionSchema>;

export const contractKindSchema = z.enum(['owner-operator', 'isp-owner', 'isp-isp', 'isp-operator']);

export const contractSchema = z.strictObject({
  id: slugSchema,
  kind: contractKindSchema,
  name: z.string().min(1).max(200),
  /** Who invoices. */
  issuer: partySchema,
  /** Who pays. */
  payer: partySchema,
  versions: z.array(contractVersionSchema).min(1),
  /** Accounting objects that came with it, one a charge: `<contract>.<charge>`. */
  objects: z.array(slugSchema),
});
export type Contract = z.infer<typeof contractSchema>;

export const invoiceStatusSchema = z.enum(['draft', 'issued', 'paid', 'disputed', 'credited']);
export type InvoiceStatus = z.infer<typeof invoiceStatusSchema>;

/** What a line was computed from, enough to compute it again. */
export const lineBasisSchema = z.object({
  charge: slugSchema,
  contractVersion: z.int(),
  usage: chargedUsageSchema,
  plan: ratePlanSchema,
  /** Half-open. */
  fromMs: timeMsSchema,
  toMs: timeMsSchema,
  timeZone: z.string(),
  unit: volumeUnitSchema,
  /** Bytes, files, or bits per second of the percentile. */
  quantity: byteCountSchema,
  measure: z.enum(['bytes', 'files', 'percentile95']),
  /** Newest event and newest move of belief (or completion) that are counted: what came later is in lines of later invoices. */
  upToEvent: z.int(),
  upToMove: z.int(),
  upToCompletion: z.int(),
  events: z.int(),
  /** SHA-256 over what was counted, in canonical order: lower-case hex. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type LineBasis = z.infer<typeof lineBasisSchema>;

export const invoiceLineSchema = z.object({
  position: z.int().min(1),
  /** `late` is what came after an earlier period was closed: the whole period's amount now, less what was invoiced of it. */
  kind: z.enum(['usage', 'late', 'minimum']),
  description: z.string(),
  /** Decimal, in `unitCode`s. */
  quantity: z.string(),
  unitCode: z.enum(['GB', 'GiB', 'Mbit/s', 'files', 'period']),
  /** How the amount came about, in words and figures: `first 10,000 GB at 0.02, then 0.01`. */
  calculation: z.string(),
  amount: amountSchema,
  /** Of `late`: what was invoiced of that charge and period before. */
  alreadyInvoiced: amountSchema.optional(),
  /** Null of a minimum. */
  basis: lineBasisSchema.nullable(),
});
export type InvoiceLine = z.infer<typeof invoiceLineSchema>;

export const invoiceSchema = z.object({
  id: z.string(),
  type: z.enum(['invoice', 'credit-note']),
  /** Gapless per issuer, from the issuing on: `SP1-2026-000001`. */
  number: z.string().nullable(),
  status: invoiceStatusSchema,
  contract: slugSchema,
  issuer: partySchema,
  payer: partySchema,
  issuerDetails: partyDetailsSchema,
  payerDetails: partyDetailsSchema,
  /** `2026-11` or `2026-Q4` in the contract's zone. */
  period: z.string(),
  fromMs: timeMsSchema,
  toMs: timeMsSchema,
  timeZone: z.string(),
  currency: currencySchema,
  lines: z.array(invoiceLineSchema),
  netAmount: amountSchema,
  taxCategory: z.string(),
  taxPercent: decimalSchema,
  taxExemptionReason: z.string().optional(),
  taxAmount: amountSchema,
  totalAmount: amountSchema,
  issuedMs: timeMsSchema.nullable(),
  dueMs: timeMsSchema.nullable(),
  /** Of a credit note: the invoice's number. */
  credits: z.string().nullable(),
  /** Of a credit note: what it takes back is waived. It counts as invoiced, and is not due again. */
  waives: z.boolean().optional(),
  /** Every change of status, and by whom. */
  history: z.array(
    z.object({
      status: invoiceStatusSchema,
      timeMs: timeMsSchema,
      by: z.string(),
      note: z.string().nullable(),
    }),
  ),
});
export type Invoice = z.infer<typeof invoiceSchema>;
