import type { NetStatement } from '@fairhop/shared/contract';
import { type Contract, FairhopError } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import { billingPeriodNamed, type Contracts } from '../contracts/index.js';
import type { Reading } from '../reading/index.js';
import type { ClosingStore } from './closing-store.js';
import type { ContractPeriod } from './contract-periods.js';
import { askedSoFar, MINIMUM } from './draft-invoice.js';
import type { InvoiceStore } from './invoice-store.js';
import { type Agreed, agreedBetween, isFinalOf, readNetStatement } from './net-statement.js';
import { createNetStatementStore, type KeptStatement } from './net-store.js';
import { readPositions } from './positions.js';
import type { UsageReader } from './usage.js';

interface NetStatementsDependencies {
  /** The settlement database. */
  readonly database: Database;
  readonly contracts: Pick<Contracts, 'list'>;
  readonly invoices: Pick<InvoiceStore, 'soFar'>;
  readonly closings: Pick<ClosingStore, 'get'>;
  /** Reads one state of the ledger. */
  readonly read: <Result>(begin: () => Reading<Result>) => Promise<Result>;
  readonly usages: () => UsageReader;
}

export interface NetStatements {
  /**
   * Keeps the statement of a period between a contract's parties once all contracts of theirs are closed: anew where one was entered
   * since, or agreed on anew. One runs at a time.
   */
  keep(contract: Contract, period: ContractPeriod): Promise<void>;
  /**
   * As kept, else as of now. Without a zone it is that of the contracts, UTC where there is none. Throws `time-zone-needed` (400) where
   * they have several.
   */
  between(
    one: string,
    other: string,
    asked: { readonly period: string; readonly timeZone?: string | undefined },
  ): Promise<NetStatement>;
  /** All that are kept, superseded ones too, newest first: of one ISP, or between two. */
  list(isp?: string, other?: string): NetStatement[];
}

type InForce = Pick<Agreed, 'contract' | 'period'>;
/** What the second ISP asks of the first one, and the other way round. */
type BothWays<Direction> = readonly [readonly Direction[], readonly Direction[]];

/** What two ISPs owe each other, by all contracts between them. */
export function createNetStatements(dependencies: NetStatementsDependencies): NetStatements {
  const { database, contracts, invoices, closings, read, usages } = dependencies;
  const store = createNetStatementStore(database);

  const listOf = (id: string) => contracts.list({ party: { kind: 'isp', id } });
  const withInvoiced = (one: InForce): Agreed => {
    const { id } = one.contract;
    const isClosed = closings.get(id, one.period.key)?.isReopened === false;
    return { ...one, invoiced: isClosed ? askedSoFar(invoices.soFar(id)) : undefined };
  };
  const termsOf = ({ contract: { id }, period: { key, version } }: InForce): string => {
    const { waived } = invoices.soFar(id);
    const charges = [MINIMUM, ...version.charges.map((charge) => charge.id)];
    const sum = charges.reduce((total, charge) => total + waived(key, charge), 0);
    return `${id} ${version.version}${sum === 0 ? '' : `, ${sum} waived`}`;
  };
  /**
   * Whether a statement is of all these, by their terms: one may be entered, agreed on anew, or waived of, once the others are closed.
   */
  const isOfAll = (kept: KeptStatement | undefined, inForce: readonly InForce[]): kept is KeptStatement =>
    kept !== undefined && inForce.every((one) => kept.terms.includes(termsOf(one)));
  const keptOf = (one: string, other: string, period: string, timeZone: string) =>
    store.get({ one, other, ...billingPeriodNamed(period, timeZone) });
  const readOf = (
    [one, other]: readonly [string, string],
    { period, timeZone }: { readonly period: string; readonly timeZone: string },
    agreed: BothWays<Agreed>,
  ) => {
    const contractTimeZones = zonesOf(agreed, period);
    const request = { ...{ one, other, period, timeZone, contractTimeZones }, agreed };
    return read(function* () {
      const positions = yield* readPositions();
      return { positions, statement: yield* readNetStatement(request, { positions, usages: usages() }) };
    });
  };

  return {
    async keep(contract, period) {
      if (contract.kind !== 'isp-isp' || !period.isInForce) return;
      const { key } = period;
      const pair = inOrder(contract.issuer.id, contract.payer.id);
      const isKept = (timeZone: string, inForce: readonly InForce[]) =>
        isOfAll(keptOf(...pair, key, timeZone), inForce);
      // What others lack is kept as their periods close.
      if (isKept(period.version.timeZone, [{ contract, period }])) return;
      const inForce = bothWays(listOf(pair[0]), pair, key);
      const agreed = mapBoth(inForce, withInvoiced);
      if (!isFinalOf(agreed)) return;
      for (const timeZone of zonesOf(inForce, key)) {
        if (isKept(timeZone, inForce.flat())) continue;
        const { positions, statement } = await readOf(pair, { period: key, timeZone }, agreed);
        store.add(statement, inForce.flat().map(termsOf), positions);
      }
    },
    async between(one, other, { period, timeZone: zoneAsked }) {
      const pair = inOrder(one, other);
      const inForce = bothWays(listOf(one), pair, period);
      const timeZone = zoneOf(inForce, period, zoneAsked);
      const kept = keptOf(...pair, period, timeZone);
      const isKept = isOfAll(kept, inForce.flat());
      const figures = isKept
        ? kept.figures
        : (await readOf(pair, { period, timeZone }, mapBoth(inForce, withInvoiced))).statement;
      const statement = { ...figures, isFinal: isKept, isSuperseded: false };
      return one === pair[0] ? statement : turned(statement);
    },
    list(isp, other) {
      const all = contracts.list();
      return store.list(isp, other).map(({ isSuperseded, ...kept }) => {
        const { figures } = kept;
        const inForce = bothWays(all, [figures.one, figures.other], figures.period).flat();
        return { ...figures, isFinal: !isSuperseded && isOfAll(kept, inForce), isSuperseded };
      });
    },
  };
}

/** Statements of a pair are kept once, whoever is named first. */
const inOrder = (one: string, other: string): readonly [string, string] =>
  one < other ? [one, other] : [other, one];

function turned(statement: NetStatement): NetStatement {
  const { one, other, directions } = statement;
  return { ...statement, one: other, other: one, directions: [directions[1], directions[0]] };
}

const bothWays = (
  all: readonly Contract[],
  [one, other]: readonly [string, string],
  period: string,
): BothWays<InForce> => [
  agreedBetween(all, { issuer: other, payer: one, period }),
  agreedBetween(all, { issuer: one, payer: other, period }),
];

const mapBoth = <From, To>([there, back]: BothWays<From>, map: (one: From) => To): BothWays<To> => [
  there.map(map),
  back.map(map),
];

const haveSameClocks = (period: string, one: string, other: string): boolean => {
  const [left, right] = [billingPeriodNamed(period, one), billingPeriodNamed(period, other)];
  return left.fromMs === right.fromMs && left.toMs === right.toMs;
};

/** Zones in which contracts count the period, one of those that have the same clocks. */
function zonesOf(inForce: BothWays<InForce>, period: string): string[] {
  const zones: string[] = [];
  for (const { timeZone } of inForce.flat().map((one) => one.period.version))
    if (!zones.some((zone) => haveSameClocks(period, zone, timeZone))) zones.push(timeZone);
  return zones;
}

function zoneOf(inForce: BothWays<InForce>, period: string, asked: string | undefined): string {
  const zones = zonesOf(inForce, period);
  if (asked !== undefined) return zones.find((zone) => haveSameClocks(period, zone, asked)) ?? asked;
  if (zones.length < 2) return zones[0] ?? 'UTC';
  const named = inForce
    .flat()
    .map(({ contract, period: { version } }) => `${version.timeZone} (${contract.id})`);
  const message = `contracts count ${period} in different zones: ${named.join(', ')}; ask for the statement in one of them (timeZone, --tz)`;
  throw new FairhopError('time-zone-needed', message, { status: 400 });
}
