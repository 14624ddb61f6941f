import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Invoice, InvoiceLine } from '@fairhop/shared/model';
import { createChance } from '../simulation/random.js';
import { createTimeline } from '../simulation/timeline.js';
import { startAccounts } from './accounts.js';
import { createAgreements, parties } from './agreements.js';
import { type Lateness, planArrivals } from './arrivals.js';
import { MAX_INVOICES } from './check-invoices.js';
import { createDues } from './dues.js';
import { createFinance } from './finance.js';
import type { Routes } from './network.js';
import { createStage } from './stage.js';
import type { Told } from './traffic.js';
import { createTruth } from './truth.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const BEGIN_MS = Date.UTC(2026, 8, 28);
/** The first quarter of the next year is over then, in every zone, and with it what came late. */
const END_MS = Date.UTC(2027, 3, 9);
const REVIEW_INTERVAL_MS = 3 * DAY_MS;
const IN_TIME_GRACE_HOURS = 60;

export interface QuarterConfig {
  /** What arrives when, and what is killed when. */
  readonly seed: number;
  /** What is done with invoices. */
  readonly deeds: number;
  readonly told: readonly Told[];
  readonly routes: Routes;
  readonly lateness: Lateness;
}

export interface QuarterResult {
  readonly lateLines: number;
  /** All that is booked. */
  readonly bytes: number;
  readonly events: number;
  /** By contract, charge and begin of the period, with what was waived of it. */
  readonly invoiced: Readonly<Record<string, number>>;
  /** Of each invoice, in the order in which they were written. */
  readonly lines: readonly { readonly of: string; readonly lines: readonly ComparedLine[] }[];
}

/**
 * Runs a quarter and the one after it in virtual time. All that adds up is checked after every step, and processes are killed; where
 * nothing is late, it is checked when periods are closed. Throws with the step's name.
 */
export async function runQuarter(config: QuarterConfig): Promise<QuarterResult> {
  const { seed, deeds, told, routes, lateness } = config;
  const root = await mkdtemp(join(tmpdir(), 'fairhop-quarter-'));
  const timeline = createTimeline(BEGIN_MS);
  const accounts = await startAccounts(root, { clock: timeline, routes });
  const isAnyTime = lateness === 'any';
  const agreements = createAgreements(isAnyTime ? undefined : IN_TIME_GRACE_HOURS);
  const truth = createTruth(routes);
  const dues = createDues(truth);
  const stage = createStage({ seed, isCalm: !isAnyTime }, { timeline, accounts, agreements, truth, dues });
  const finance = createFinance(stage, createChance(deeds));
  try {
    for (const party of parties)
      accounts.now.contracts.parties.put(party, {
        ...{ name: party.id, addressLines: ['1 Way'] },
        ...{ country: 'GB', vatId: 'GB123456789' },
      });
    for (const agreement of agreements) finance.agree(agreement);
    for (const { timeMs, told: one, messages } of planArrivals(told, lateness, createChance(seed + 1)))
      timeline.at(timeMs, async () => {
        await stage.step('report', 'a report', async (now) => {
          const { rejected } = await now.report(one, messages);
          if (rejected.length > 0) throw new Error(`refused: ${JSON.stringify(rejected)}`);
        });
        for (const { record } of messages) truth.take(one.reporter.key, record);
        if (isAnyTime) await stage.checkBooks('a report', 'by some splits');
      });
    for (let timeMs = BEGIN_MS + 5 * HOUR_MS; timeMs < END_MS; timeMs += DAY_MS)
      timeline.at(timeMs, () => finance.closeDue());
    for (let timeMs = BEGIN_MS + 4 * HOUR_MS; timeMs < END_MS; timeMs += REVIEW_INTERVAL_MS)
      timeline.at(timeMs, async () => {
        let reviewed = 0;
        await stage.step('report', 'a review', (now) => {
          reviewed += now.review();
        });
        if (isAnyTime && reviewed > 0) await stage.checkBooks('a review', 'by some splits');
      });
    await timeline.runUntil(END_MS);
    await finance.finish();
    await stage.checkBooks('the end', 'by all splits');
    await stage.checkPapers('the end', isAnyTime ? 'all anew' : 'new ones');
    const invoices = accounts.now.invoices.list({ limit: MAX_INVOICES }).reverse();
    return {
      lateLines: invoices.flatMap(({ lines }) => lines).filter(({ kind }) => kind === 'late').length,
      ...{ bytes: truth.rows.reduce((sum, { bytes }) => sum + bytes, 0), events: truth.rows.length },
      invoiced: Object.fromEntries(
        agreements.flatMap(({ id }) =>
          [...dues.planned(id)].map(([key, amount]) => [`${id} ${key}`, amount]),
        ),
      ),
      lines: invoices.map((invoice) => ({
        of: `${invoice.contract} ${invoice.period} ${invoice.type}`,
        lines: comparedLines(invoice),
      })),
    };
  } finally {
    await accounts.stop();
    await rm(root, { recursive: true, force: true });
  }
}

type ComparedLine = Omit<InvoiceLine, 'basis'> & { readonly basis: object | null };

/** But for how many rows the ledger had by then, which the order of arrival decides. */
const comparedLines = ({ lines }: Invoice): ComparedLine[] =>
  lines.map(({ basis, ...line }) => {
    if (basis === null) return { ...line, basis };
    const { upToEvent: _, upToMove: __, upToCompletion: ___, ...counted } = basis;
    return { ...line, basis: counted };
  });
