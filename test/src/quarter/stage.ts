import { type Chance, createChance } from '../simulation/random.js';
import type { Timeline } from '../simulation/timeline.js';
import type { Accounts, Moment, RestartingAccounts } from './accounts.js';
import type { Agreement } from './agreements.js';
import { checkInvoices, type InvoiceChecking } from './check-invoices.js';
import { checkLedger, type Sums } from './check-ledger.js';
import { checkStatements } from './check-statements.js';
import type { Dues } from './dues.js';
import type { Truth } from './truth.js';

/** Where all happens step by step. */
export interface Stage {
  readonly timeline: Timeline;
  readonly accounts: RestartingAccounts;
  readonly agreements: readonly Agreement[];
  readonly truth: Truth;
  readonly dues: Dues;
  /** Does something that may be done twice, by a process that may be killed meanwhile. */
  step(kind: StepKind, name: string, work: (accounts: Accounts) => void | Promise<void>): Promise<void>;
  /** Whether what is booked is what was reported. */
  checkBooks(name: string, how: 'by all splits' | 'by some splits'): Promise<void>;
  /** Whether what is invoiced is what is due. */
  checkPapers(name: string, how: 'all anew' | 'new ones'): Promise<void>;
}

type StepKind = 'report' | 'finance';

/** One step in so many is killed, at one of these moments, and another one follows a restart. */
const kills: Readonly<Record<StepKind, { readonly oneIn: number; readonly moments: readonly Moment[] }>> = {
  report: { oneIn: 50, moments: ['before', 'booking', 'after'] },
  finance: { oneIn: 5, moments: ['before', 'reading', 'closing', 'issuing', 'issuing', 'after'] },
};
/** Of how many times that a moment comes it is: a closing is of several contracts. */
const places = [1, 1, 2, 3, 5] as const;

/** `isCalm`: nobody is killed. */
export function createStage(
  { seed, isCalm }: { readonly seed: number; readonly isCalm: boolean },
  parts: Pick<Stage, 'timeline' | 'accounts' | 'agreements' | 'truth' | 'dues'>,
): Stage {
  const { timeline, accounts, agreements, truth, dues } = parts;
  const chance: Chance = createChance(seed);
  const before: Sums = new Map();
  const checking: InvoiceChecking = { agreements, truth, dues, papers: new Map() };
  const statements = new Map<string, string>();
  let steps = 0;

  const named = async (name: string, work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const { message } = error as Error;
      const time = new Date(timeline.nowMs()).toISOString();
      throw new Error(`step ${steps}, ${name} at ${time}: ${message}`, { cause: error });
    }
  };
  return {
    ...parts,
    step(kind, name, work) {
      steps += 1;
      return named(name, async () => {
        const { oneIn, moments } = kills[kind];
        const lot = isCalm ? oneIn : chance.below(oneIn);
        if (lot === 0) {
          const [moment, nth] = [chance.pick(moments), chance.pick(places)];
          await accounts.killWhile(moment, nth, async (doomed) => work(doomed));
        } else if (lot === 1) await accounts.restart();
        await work(accounts.now);
      });
    },
    checkBooks: (name, how) =>
      named(name, () =>
        checkLedger(accounts.now, { truth, before, chance, isThorough: how === 'by all splits' }),
      ),
    checkPapers: (name, how) =>
      named(name, async () => {
        await checkInvoices(accounts.now, checking, how === 'all anew');
        await checkStatements(accounts.now, { truth, dues, statements });
      }),
  };
}
