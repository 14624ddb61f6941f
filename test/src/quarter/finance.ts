import type { Invoice } from '@fairhop/shared/model';
import type { Chance } from '../simulation/random.js';
import type { Accounts } from './accounts.js';
import { type AgreedPeriod, type Agreement, beginOf, periodsUntil } from './agreements.js';
import { MAX_INVOICES } from './check-invoices.js';
import type { Stage } from './stage.js';

/** What finance desks do: they agree, settle, issue, pay, dispute, credit and waive. */
export interface Finance {
  /** Contracts with their later terms and their ends come to be in their time. */
  agree(agreement: Agreement): void;
  /** Settles what is over; some days later its drafts are issued. */
  closeDue(): Promise<void>;
  /** What was credited and not invoiced since is invoiced again. */
  finish(): Promise<void>;
}

const DAY_MS = 86_400_000;
const BY = 'operator';

/** By the same lots it does the same as long as invoices are the same. */
export function createFinance(stage: Stage, deed: Chance): Finance {
  const { timeline, accounts, agreements, dues } = stage;
  /** Credited, and left for the next closing. */
  const waiting: Invoice[] = [];

  const listed = (invoices: Accounts['invoices'], status: Invoice['status']): Invoice[] =>
    invoices.list({ status, limit: MAX_INVOICES }).filter(({ type }) => type === 'invoice');
  const statusOf = ({ id }: Invoice): Invoice['status'] => accounts.now.invoices.get(id).status;
  const periodOf = ({
    contract,
    period,
  }: Pick<Invoice, 'contract' | 'period'>): [Agreement, AgreedPeriod] => {
    const agreement = agreements.find(({ id }) => id === contract)!;
    return [agreement, periodsUntil(agreement, timeline.nowMs()).find(({ key }) => key === period)!];
  };
  const invoiceAnew = async (invoice: Invoice): Promise<void> => {
    const { contract, period } = invoice;
    const acting = { by: BY, nowMs: timeline.nowMs() };
    const name = `invoicing ${contract} ${period} anew`;
    await stage.step('finance', name, async ({ invoices }) => {
      await invoices.closePeriod(period, { contract, issue: true }, acting);
    });
    const [agreement, settled] = periodOf(invoice);
    // The next closing may have done it.
    if (dues.isReopened(contract, settled)) dues.settle(agreement, settled);
    await stage.checkPapers(name, 'new ones');
  };
  const credit = async (invoice: Invoice, waive = false): Promise<void> => {
    const { id, contract, period } = invoice;
    const acting = { by: BY, nowMs: timeline.nowMs(), note: 'the wrong one', waive };
    const name = `${waive ? 'waiving' : 'crediting'} ${contract} ${period}`;
    await stage.step('finance', name, async ({ invoices }) => {
      if (statusOf(invoice) !== 'credited') await invoices.credit(id, acting);
    });
    if (waive) dues.waive(invoice);
    else dues.credit(invoice);
    await stage.checkPapers(name, 'new ones');
  };
  const act = async (invoice: Invoice): Promise<void> => {
    const { id } = invoice;
    const acting = { by: BY, nowMs: timeline.nowMs(), note: 'as agreed' };
    switch (deed.below(8)) {
      case 0:
        return stage.step('finance', 'paying', ({ invoices }) => {
          if (statusOf(invoice) !== 'paid') invoices.pay(id, acting);
        });
      case 1:
        return stage.step('finance', 'disputing', ({ invoices }) => {
          if (statusOf(invoice) !== 'disputed') invoices.dispute(id, acting);
        });
      case 2:
        await credit(invoice);
        return invoiceAnew(invoice);
      case 3:
        await credit(invoice);
        waiting.push(invoice);
        return;
      case 4:
        return credit(invoice, true);
      default:
    }
  };
  const handleDrafts = async (): Promise<void> => {
    const acting = { by: BY, nowMs: timeline.nowMs() };
    await stage.step('finance', 'issuing', ({ invoices }) => {
      for (const { id } of listed(invoices, 'draft')) invoices.issue(id, acting);
    });
    await stage.checkPapers('issuing', 'new ones');
    for (const invoice of listed(accounts.now.invoices, 'issued')) await act(invoice);
  };
  return {
    agree({ id, kind, name, issuer, payer, versions, endMs }) {
      for (const [index, version] of versions.entries()) {
        const { terms } = version;
        const fromMs = beginOf(version);
        const atMs = index === 0 ? timeline.nowMs() : fromMs - deed.between(1, 12) * DAY_MS;
        timeline.at(atMs, () =>
          stage.step('finance', `contract ${id}, version ${index + 1}`, ({ contracts }) => {
            contracts.put(id, { kind, name, issuer, payer, terms, fromMs });
          }),
        );
      }
      if (endMs === undefined) return;
      timeline.at(endMs - 4 * DAY_MS, () =>
        stage.step('finance', `end of contract ${id}`, ({ contracts }) => {
          contracts.end(id, endMs);
        }),
      );
    },
    async closeDue() {
      const nowMs = timeline.nowMs();
      const due = agreements.flatMap((agreement) =>
        dues.open(agreement, nowMs).map((period) => [agreement, period] as const),
      );
      if (due.length === 0) return;
      const name = `closing ${due.map(([{ id }, { key }]) => `${id} ${key}`).join(', ')}`;
      await stage.step('finance', name, async ({ invoices }) => {
        await invoices.closeDue(nowMs);
      });
      for (const [agreement, period] of due) dues.settle(agreement, period);
      await stage.checkBooks(name, 'by all splits');
      await stage.checkPapers(name, 'new ones');
      timeline.after(deed.between(1, 9) * DAY_MS, handleDrafts);
    },
    async finish() {
      for (const invoice of waiting) await invoiceAnew(invoice);
    },
  };
}
