import { z } from 'zod';
import {
  amountSchema,
  byteCountSchema,
  contractSchema,
  contractTermsSchema,
  currencySchema,
  hoursSchema,
  invoiceSchema,
  invoiceStatusSchema,
  ispIdSchema,
  partyDetailsSchema,
  partySchema,
  slugSchema,
  timeMsSchema,
} from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

const contractParams = z.object({ contract: slugSchema });
const invoiceParams = z.object({ invoice: z.string().min(1).max(64) });
const partyParams = z.object({ kind: partySchema.shape.kind, id: slugSchema });
const noteSchema = z.string().min(1).max(1_000);

/** A month `2026-11` or a quarter `2026-Q4`, in the contract's zone. */
export const billingPeriodSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2]|Q[1-4])$/, 'must be a month 2026-11 or a quarter 2026-Q4');

export const partyEntrySchema = z.object({ party: partySchema, details: partyDetailsSchema });

/** What re-deriving a line from single events gave. */
export const explainedLineSchema = z.object({
  position: z.int(),
  description: z.string(),
  calculation: z.string(),
  /** What the invoice says, and what the events say. */
  invoiced: z.object({
    quantity: byteCountSchema,
    events: z.int(),
    digest: z.string(),
    amount: amountSchema,
  }),
  derived: z.object({ quantity: byteCountSchema, events: z.int(), digest: z.string(), amount: amountSchema }),
  agrees: z.boolean(),
  /** What of its amount a credit note waived: it counts as invoiced, and nobody is asked for it any more. */
  waived: amountSchema.optional(),
  /** The first events that were counted; `GET /v1/events` has them all. */
  sampleEvents: z.array(z.int()).max(20),
});
export type ExplainedLine = z.infer<typeof explainedLineSchema>;

/** A contract whose period could not be closed, or of which not all could be issued. */
const failedClosingSchema = z.object({
  contract: slugSchema,
  period: billingPeriodSchema,
  code: z.string(),
  message: z.string(),
});
export type FailedClosing = z.infer<typeof failedClosingSchema>;

const directionSchema = z.object({
  from: ispIdSchema,
  to: ispIdSchema,
  bytes: byteCountSchema,
  /** What `to` asks of `from` by all contracts in force; null where there is none, or they differ in currency. */
  amount: amountSchema.nullable(),
  /** All that are in force in the period, by their ids; empty where there is none. */
  contracts: z.array(slugSchema),
});

export const netStatementSchema = z.object({
  one: ispIdSchema,
  other: ispIdSchema,
  period: billingPeriodSchema,
  fromMs: timeMsSchema,
  toMs: timeMsSchema,
  /** Of the period, whose bytes are told. */
  timeZone: z.string(),
  /** Zones in which contracts in force count the period: amounts are of these. Of zones with the same clocks it has one. */
  contractTimeZones: z.array(z.string()),
  directions: z.tuple([directionSchema, directionSchema]),
  /** Bytes of the larger direction for each of the smaller, in thousandths; null where one of them is 0. */
  ratioThousandths: z.int().nullable(),
  currency: currencySchema.nullable(),
  /** Who owes whom; null where nothing is owed or no amounts are agreed. */
  net: z.object({ payer: ispIdSchema, payee: ispIdSchema, amount: amountSchema.min(1) }).nullable(),
  /** Whether it is kept, of all contracts in force, and stands: else a period is open and its numbers still grow, or the zone is not theirs. */
  isFinal: z.boolean(),
  /** Whether a newer one is kept in its place: a contract was entered after it. */
  isSuperseded: z.boolean(),
});
export type NetStatement = z.infer<typeof netStatementSchema>;

export const accountingSettlementEndpoints = {
  putParty: defineEndpoint({
    method: 'PUT',
    scope: 'settlement',
    path: '/v1/parties/:kind/:id',
    summary: 'Name and address of a party, as they stand on its invoices (itself or the operator)',
    params: partyParams,
    body: partyDetailsSchema,
    response: partyEntrySchema,
  }),
  listParties: defineEndpoint({
    method: 'GET',
    path: '/v1/parties',
    summary: 'Parties that are named',
    response: z.object({ parties: z.array(partyEntrySchema) }),
  }),
  putContract: defineEndpoint({
    method: 'PUT',
    scope: 'settlement',
    path: '/v1/contracts/:contract',
    summary:
      'Make a contract, or agree on other terms from a period on; what is invoiced keeps the terms of its time',
    params: contractParams,
    body: z.strictObject({
      kind: contractSchema.shape.kind,
      name: contractSchema.shape.name,
      issuer: partySchema,
      payer: partySchema,
      terms: contractTermsSchema,
      /** From when on these terms hold; the begin of a period in the zone, but for a contract’s first. */
      fromMs: timeMsSchema,
    }),
    response: contractSchema,
  }),
  endContract: defineEndpoint({
    method: 'DELETE',
    scope: 'settlement',
    path: '/v1/contracts/:contract',
    summary: 'End a contract at a time; its accounting objects close with it',
    params: contractParams,
    query: z.object({ atMs: z.coerce.number().pipe(timeMsSchema) }),
    response: contractSchema,
  }),
  getContract: defineEndpoint({
    method: 'GET',
    path: '/v1/contracts/:contract',
    summary: 'A contract with all its versions (its parties or the operator)',
    params: contractParams,
    response: contractSchema,
  }),
  listContracts: defineEndpoint({
    method: 'GET',
    path: '/v1/contracts',
    summary: 'Contracts (each party its own, the operator all)',
    response: z.object({ contracts: z.array(contractSchema) }),
  }),
  closePeriod: defineEndpoint({
    method: 'POST',
    scope: 'settlement',
    path: '/v1/periods/:period/close',
    summary:
      'Settle a period: draft the invoices of every contract (or one) whose period is over; again changes nothing. Of every contract, those that fail are told, and the others go on',
    params: z.object({ period: billingPeriodSchema }),
    body: z.strictObject({
      contract: slugSchema.optional(),
      /** Issue the drafts at once. */
      issue: z.boolean().default(false),
    }),
    response: z.object({ invoices: z.array(invoiceSchema), failures: z.array(failedClosingSchema) }),
  }),
  listInvoices: defineEndpoint({
    method: 'GET',
    path: '/v1/invoices',
    summary:
      'Invoices and credit notes, newest first (each party its own, drafts only the issuer and the operator)',
    query: z.object({
      contract: slugSchema.optional(),
      period: billingPeriodSchema.optional(),
      status: invoiceStatusSchema.optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    response: z.object({ invoices: z.array(invoiceSchema) }),
  }),
  getInvoice: defineEndpoint({
    method: 'GET',
    path: '/v1/invoices/:invoice',
    summary: 'An invoice by its id or number',
    params: invoiceParams,
    response: invoiceSchema,
  }),
  issueInvoice: defineEndpoint({
    method: 'POST',
    scope: 'settlement',
    path: '/v1/invoices/:invoice/issue',
    summary: 'Give a draft its number and its date; nothing in it changes any more',
    params: invoiceParams,
    body: z.strictObject({}),
    response: invoiceSchema,
  }),
  payInvoice: defineEndpoint({
    method: 'POST',
    scope: 'settlement',
    path: '/v1/invoices/:invoice/pay',
    summary: 'Note that an invoice is paid (the issuer or the operator)',
    params: invoiceParams,
    body: z.strictObject({ note: noteSchema.optional() }),
    response: invoiceSchema,
  }),
  disputeInvoice: defineEndpoint({
    method: 'POST',
    scope: 'settlement',
    path: '/v1/invoices/:invoice/dispute',
    summary: 'Dispute an issued invoice, with the reason (the payer or the operator)',
    params: invoiceParams,
    body: z.strictObject({ note: noteSchema }),
    response: invoiceSchema,
  }),
  creditInvoice: defineEndpoint({
    method: 'POST',
    scope: 'settlement',
    path: '/v1/invoices/:invoice/credit',
    summary:
      'Take an issued invoice back by a credit note over all of it; its usage is invoiced anew, or what it asks is waived for good (the issuer or the operator)',
    params: invoiceParams,
    body: z.strictObject({
      note: noteSchema,
      /** For good: what is credited counts as invoiced, and only what changes later is asked for. */
      waive: z.boolean().default(false),
    }),
    response: z.object({ invoice: invoiceSchema, creditNote: invoiceSchema }),
  }),
  explainInvoice: defineEndpoint({
    method: 'GET',
    path: '/v1/invoices/:invoice/explanation',
    summary: 'Every line derived again from single events, beside what was invoiced',
    params: invoiceParams,
    response: z.object({
      number: z.string().nullable(),
      agrees: z.boolean(),
      lines: z.array(explainedLineSchema),
    }),
  }),
  netStatement: defineEndpoint({
    method: 'GET',
    path: '/v1/net-settlements/:one/:other',
    summary:
      'Both directions between two ISPs in a period, without `timeZone` in that of their contracts: bytes, ratio, amounts, who owes whom (one of them or the operator)',
    params: z.object({ one: ispIdSchema, other: ispIdSchema }),
    query: z.object({ period: billingPeriodSchema, timeZone: hoursSchema.shape.timeZone.optional() }),
    response: netStatementSchema,
  }),
  listNetStatements: defineEndpoint({
    method: 'GET',
    path: '/v1/net-settlements',
    summary:
      'Statements of closed periods, newest first, superseded ones too (each ISP its own, or those of them with `isp`)',
    query: z.object({ isp: ispIdSchema.optional() }),
    response: z.object({ statements: z.array(netStatementSchema) }),
  }),
};
