import type { NetStatement } from '@fairhop/shared/contract';
import type { Invoice } from '@fairhop/shared/model';

/** What a policy did while a title was fetched beyond it. */
export interface DemoPolicy {
  readonly id: string;
  readonly component: string;
  readonly capacityBitsPerSecond: number;
  /** The most that went over the component in five seconds, as its senders count. */
  readonly maxLoadBitsPerSecond: number;
  /** How often a source was refused for it. */
  readonly refusals: number;
  /** Whether all who asked for the title have it. */
  readonly finished: boolean;
}

/** Amounts in the currency's minor units, such as cents. */
export interface DemoInvoice {
  readonly number: string;
  readonly issuer: string;
  readonly payer: string;
  readonly total: number;
  readonly currency: string;
  readonly lines: readonly {
    readonly description: string;
    readonly quantity: string;
    readonly unit: string;
    readonly calculation: string;
    readonly amount: number;
  }[];
  /** Whether single events came to every line again. */
  readonly traceable: boolean;
}

/** How the settlement of the demo's month ends. */
export interface SettlementReport {
  readonly policies: readonly DemoPolicy[];
  readonly invoices: readonly DemoInvoice[];
  readonly netSettlement: NetStatement;
}

/** What the documents, the invoices between the ISPs and the books say beside it. */
export interface SettlementEvidence {
  /** Bytes that are invoiced of downloads, and those that agents counted. */
  readonly billableBytes: number;
  readonly downloadedBytes: number;
  /** First bytes of each document that was written. */
  readonly documents: readonly { readonly file: string; readonly begins: string }[];
  readonly exchangeInvoices: readonly Pick<Invoice, 'contract' | 'totalAmount'>[];
  /** Of the books once the month is closed. */
  readonly closedAuditOk: boolean;
}

const INVOICES = 3;
/** Late timers, as for any measured load under a policy. */
const MAX_LOAD_OVER_CAPACITY = 1.1;
const beginnings: Readonly<Record<string, string>> = { '.pdf': '%PDF', '.xml': '<?xml' };

const isDocument = ({ file, begins }: SettlementEvidence['documents'][number]): boolean =>
  Object.entries(beginnings).some(([ending, begin]) => file.endsWith(ending) && begins.startsWith(begin));

const isSum = ({ lines, total }: DemoInvoice): boolean =>
  lines.reduce((sum, { amount }) => sum + amount, 0) === total;

/** The difference of what both ISPs ask, owed by the one who is asked for more. */
const isDifference = ({ directions, net }: NetStatement): boolean => {
  const [there, back] = directions;
  const owed = (there.amount ?? 0) - (back.amount ?? 0);
  if (net === null) return owed === 0;
  const { from, to } = owed > 0 ? there : back;
  return net.amount === Math.abs(owed) && net.payer === from && net.payee === to;
};

/** What of it does not hold, as `demoFailures` tells it. */
export const settlementChecks = (
  { policies, invoices, netSettlement }: SettlementReport,
  evidence: SettlementEvidence,
): [holds: boolean, failure: string][] => {
  const { billableBytes, downloadedBytes, documents, exchangeInvoices, closedAuditOk } = evidence;
  const named = (wrong: readonly DemoInvoice[]): string => wrong.map(({ number }) => number).join(', ');
  const wrongSums = invoices.filter((invoice) => !isSum(invoice));
  const untraceable = invoices.filter(({ traceable }) => !traceable);
  const broken = documents.filter((document) => !isDocument(document)).map(({ file }) => file);
  return [
    ...policies.flatMap((policy): [boolean, string][] => {
      const { id, capacityBitsPerSecond: capacity, maxLoadBitsPerSecond: load } = policy;
      return [
        [
          load <= capacity * MAX_LOAD_OVER_CAPACITY,
          `${load} bit/s went over a capacity of ${capacity} bit/s`,
        ],
        [policy.refusals > 0, `policy ${id} refused nothing`],
        [policy.finished, `not everybody has what was fetched under policy ${id}`],
      ];
    }),
    [
      billableBytes === downloadedBytes,
      `agents counted ${downloadedBytes} bytes, of which ${billableBytes} can be invoiced`,
    ],
    [
      invoices.length === INVOICES,
      `${invoices.length} invoices were issued to the owner instead of ${INVOICES}`,
    ],
    [wrongSums.length === 0, `the lines of ${named(wrongSums)} do not add up`],
    [untraceable.length === 0, `single events do not come to ${named(untraceable)}`],
    [documents.length === INVOICES * 2, `${documents.length} documents were written`],
    [broken.length === 0, `${broken.join(', ')} is not what its name says`],
    [netSettlement.isFinal, 'the statement of SP1 and SP2 is not final'],
    [isDifference(netSettlement), 'the net of SP1 and SP2 is not the difference of both directions'],
    [
      netSettlement.directions.every(
        ({ contracts, amount }) =>
          amount ===
          exchangeInvoices.reduce(
            (sum, { contract, totalAmount }) => (contracts.includes(contract) ? sum + totalAmount : sum),
            0,
          ),
      ),
      'the statement of SP1 and SP2 is not what they invoiced',
    ],
    [closedAuditOk, 'the audit of the closed month found what does not agree'],
  ];
};
