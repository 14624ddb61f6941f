import type { Contract, Invoice } from '@fairhop/shared/model';
import { afterEach, describe, expect, it } from 'vitest';
import { batch, event, peerMessage, statementMessage, uuid } from '../ledger/test-support.js';
import {
  contractOf,
  details,
  errorOf,
  openTestSettlement,
  perGb,
  type TestSettlement,
} from './test-support.js';

const october = Date.UTC(2026, 9, 10);
const november = Date.UTC(2026, 10, 10);
const afterOctober = Date.UTC(2026, 10, 2);
const afterNovember = Date.UTC(2026, 11, 2);
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: afterOctober };

let settlement: TestSettlement;
afterEach(() => settlement.remove());

const open = async (...contracts: Contract[]) => {
  settlement = await openTestSettlement(...contracts);
  return settlement.invoices;
};
const linesOf = ({ lines }: Invoice) =>
  lines.map(({ kind, amount, description }) => [kind, description, amount]);
const close = async (period: string, nowMs = operator.nowMs, issue = false): Promise<Invoice> => {
  const acting = { ...operator, nowMs };
  const { invoices, failures } = await settlement.invoices.closePeriod(period, { issue }, acting);
  expect(failures).toEqual([]);
  return invoices[0]!;
};

describe('closing a period', () => {
  it('drafts an invoice of what the period has, taxed, once', async () => {
    await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, 3 * GB);
    settlement.book(november, 100 * GB);
    const [draft, again] = await Promise.all([close('2026-10'), close('2026-10')]);
    expect(draft).toMatchObject({
      ...{ type: 'invoice', number: null, status: 'draft', contract: 'transit', period: '2026-10' },
      ...{ fromMs: Date.UTC(2026, 8, 30, 23), toMs: Date.UTC(2026, 10, 1), timeZone: 'Europe/London' },
      ...{ currency: 'EUR', netAmount: 600, taxAmount: 120, totalAmount: 720, taxPercent: '20' },
      ...{ issuerDetails: details('SP2'), payerDetails: details('SP1') },
      lines: [
        { kind: 'usage', quantity: '3', unitCode: 'GB', amount: 600, basis: { events: 1, quantity: 3 * GB } },
      ],
      history: [{ status: 'draft', by: 'operator', timeMs: afterOctober, note: null }],
    });
    expect(again).toEqual(draft);
    expect(settlement.invoices.list({ limit: 10 })).toEqual([draft]);
    expect(settlement.closedUntil.get('transit')).toBe(Date.UTC(2026, 10, 1));
  });

  it('waits for the end of the period and for late reports', async () => {
    const invoices = await open(contractOf([{ graceHours: 48 }]));
    const early = await errorOf(() => close('2026-10', Date.UTC(2026, 10, 2, 23, 59)));
    expect(early).toMatchObject({ code: 'period-open', status: 409 });
    expect(early.message).toContain('it can be closed from 2026-11-03T00:00:00.000Z on');
    expect(await invoices.closeDue(Date.UTC(2026, 10, 2))).toEqual({ closed: 0, failures: [] });
    expect(await invoices.closeDue(Date.UTC(2026, 10, 3))).toEqual({ closed: 1, failures: [] });
    expect(invoices.list({ limit: 10 })).toMatchObject([{ status: 'draft', history: [{ by: 'schedule' }] }]);
  });

  it('tells what period a contract has', async () => {
    await open(contractOf([{ period: 'quarter' }]));
    expect(await errorOf(() => close('2026-10'))).toMatchObject({ code: 'period-not-in-force', status: 409 });
    expect(await errorOf(() => close('2026-Q3', Date.UTC(2027, 0, 2)))).toMatchObject({
      code: 'period-not-in-force',
    });
    expect((await close('2026-Q4', Date.UTC(2027, 0, 2))).period).toBe('2026-Q4');
  });

  it('is cut where the contract begins and ends, and has the terms of its time', async () => {
    const changeMs = Date.UTC(2026, 10, 1);
    await open(
      contractOf([
        { charges: perGb('1'), fromMs: october, toMs: changeMs },
        { charges: perGb('5'), fromMs: changeMs, toMs: Date.UTC(2026, 10, 20) },
      ]),
    );
    settlement.book(october - 300_000, 7 * GB);
    settlement.book(october, 2 * GB);
    settlement.book(november, GB);
    settlement.book(Date.UTC(2026, 10, 20), 7 * GB);
    expect(linesOf(await close('2026-10'))).toEqual([['usage', 'Traffic', 200]]);
    const second = await close('2026-11', Date.UTC(2026, 10, 20));
    expect(linesOf(second)).toEqual([['usage', 'Traffic', 500]]);
    expect(second).toMatchObject({
      toMs: Date.UTC(2026, 10, 20),
      lines: [{ basis: { contractVersion: 2 } }],
    });
  });

  it('counts a repeated hour of the day twice and a skipped one never', async () => {
    const hours = { from: '01:00', to: '02:00' };
    const peak = { id: 'peak', description: 'Peak', usage: { hours } };
    await open(
      contractOf([
        {
          charges: [
            { ...peak, plan: { type: 'per-unit', price: '1' } },
            { ...peak, id: 'rate', plan: { type: 'percentile95', price: '1', direction: 'forward' } },
          ],
        },
      ]),
    );
    // Clocks go back from 02:00 to 01:00 at 01:00 UTC on 25 October.
    for (const hour of [0, 1, 2]) settlement.book(Date.UTC(2026, 9, 25, hour, 30), GB);
    const [bytes, rate] = (await close('2026-10')).lines;
    expect(bytes!.basis!.quantity).toBe(2 * GB);
    // Of 31 × 12 + 12 bins the 20th from the largest down is empty.
    expect(rate!.basis!.quantity).toBe(0);
  });

  it('asks for the minimum that is missing', async () => {
    await open(contractOf([{ charges: perGb('2'), minimumAmount: '10' }]));
    settlement.book(october, 3 * GB);
    const first = await close('2026-10');
    expect(linesOf(first)).toEqual([
      ['usage', 'Traffic', 600],
      ['minimum', 'Minimum amount', 400],
    ]);
    settlement.book(october, GB);
    expect(linesOf(await close('2026-11', afterNovember))).toEqual([
      ['usage', 'Traffic', 0],
      ['minimum', 'Minimum amount', 1_000],
      ['late', 'Traffic, what changed in 2026-10', 200],
      ['minimum', 'Minimum amount, what changed in 2026-10', -200],
    ]);
    expect(settlement.check()).toBeUndefined();
  });

  it('bills what was late, or settled late, with the next period, and leaves what is issued', async () => {
    const tiers = [
      { upToUnits: '4', price: '2' },
      { upToUnits: null, price: '1' },
    ];
    const charges = [
      {
        id: 'traffic',
        description: 'Traffic',
        usage: {},
        plan: { type: 'tiers' as const, mode: 'volume' as const, tiers },
      },
    ];
    const invoices = await open(contractOf([{ charges }]));
    settlement.book(october, 4 * GB);
    const peer = event({ transferId: uuid(99), binMs: october, bytes: 1_000_000, fromBytes: 0 });
    settlement.ledger.book(batch([peerMessage(0, peer)]), october);
    const issued = await close('2026-10', afterOctober, true);
    expect(linesOf(issued)).toEqual([['usage', 'Traffic', 800]]);
    settlement.ledger.book(batch([statementMessage(1, peer, { sentBytes: 1_000_000 })]), afterOctober);
    const next = await close('2026-11', afterNovember);
    // Beyond 4 GB all of it costs half.
    expect(next.lines[1]).toMatchObject({
      kind: 'late',
      amount: 400 - 800,
      alreadyInvoiced: 800,
      quantity: '4.001',
    });
    expect(invoices.get(issued.number!)).toEqual(issued);
    const explained = await invoices.explain(next.id);
    expect(explained).toMatchObject({ agrees: true, lines: [{}, { derived: { events: 2, amount: -400 } }] });
    expect(explained.lines[1]!.sampleEvents).toEqual([1, 2]);
  });

  it('bills what is late after the contract’s end', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2'), toMs: Date.UTC(2026, 10, 1) }]));
    await close('2026-10');
    expect(await invoices.closeDue(afterNovember)).toEqual({ closed: 1, failures: [] });
    expect(invoices.list({ period: '2026-11', limit: 10 })).toEqual([]);
    settlement.book(october, GB);
    await invoices.closeDue(Date.UTC(2027, 0, 2));
    expect(invoices.list({ limit: 1 })).toMatchObject([
      { period: '2026-12', lines: [{ kind: 'late', amount: 200 }] },
    ]);
  });
});

describe('an invoice', () => {
  it('is issued with a number of its issuer’s own row, without gaps, and due in time', async () => {
    const other = { id: 'other', issuer: { kind: 'isp', id: 'sp9' } } as const;
    const invoices = await open(contractOf([{}]), contractOf([{}], other));
    const request = { contract: 'transit', issue: true };
    const [mine] = (await invoices.closePeriod('2026-10', request, operator)).invoices;
    const issuing = { ...operator, nowMs: Date.UTC(2026, 11, 31, 12) };
    await invoices.closeDue(Date.UTC(2027, 0, 2));
    const numbers = ['2026-11', '2026-12'].map((period) => {
      const [draft] = invoices.list({ contract: 'transit', period, limit: 1 });
      return invoices.issue(
        draft!.id,
        period === '2026-11' ? issuing : { ...operator, nowMs: Date.UTC(2027, 0, 2) },
      );
    });
    const [theirs] = invoices.list({ contract: 'other', period: '2026-10', limit: 1 });
    expect(mine).toMatchObject({
      number: 'SP2-2026-000001',
      issuedMs: afterOctober,
      dueMs: Date.UTC(2026, 11, 2),
    });
    expect(numbers.map(({ number }) => number)).toEqual(['SP2-2026-000002', 'SP2-2027-000001']);
    expect(invoices.issue(theirs!.id, operator).number).toBe('SP9-2026-000001');
  });

  it('goes from draft to issued, disputed and paid, and says what is possible', async () => {
    const invoices = await open(contractOf([{}]));
    const { id } = await close('2026-10');
    const early = await errorOf(() => invoices.pay(id, operator));
    expect(early).toMatchObject({
      code: 'invoice-status-wrong',
      status: 409,
      details: { possible: ['issue'] },
    });
    expect(early.message).toContain('is draft: pay is not possible; what can be done is issue');
    invoices.issue(id, operator);
    invoices.dispute(id, { by: 'isp sp1', nowMs: afterOctober, note: 'too much' });
    expect(await errorOf(() => invoices.dispute(id, operator))).toMatchObject({
      code: 'invoice-status-wrong',
    });
    const paid = invoices.pay(id, { ...operator, note: 'wire' });
    expect(paid.history.map(({ status, by, note }) => [status, by, note])).toEqual([
      ['draft', 'operator', null],
      ['issued', 'operator', null],
      ['disputed', 'isp sp1', 'too much'],
      ['paid', 'operator', 'wire'],
    ]);
    expect(await errorOf(() => invoices.get('SP2-2026-000009'))).toMatchObject({
      code: 'invoice-unknown',
      status: 404,
    });
  });

  it('is taken back by a credit note, and invoiced anew', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, 3 * GB);
    const { id } = await close('2026-10', afterOctober, true);
    const { invoice, creditNote } = await invoices.credit(id, { ...operator, note: 'wrong address' });
    expect(invoice.status).toBe('credited');
    expect(creditNote).toMatchObject({
      ...{ type: 'credit-note', number: 'SP2-2026-000002', status: 'issued', credits: 'SP2-2026-000001' },
      ...{ netAmount: -600, taxAmount: -120, totalAmount: -720, lines: [{ amount: -600 }] },
    });
    expect(await errorOf(() => invoices.credit(creditNote.id, operator))).toMatchObject({
      code: 'invoice-status-wrong',
    });
    expect((await invoices.explain(creditNote.id)).agrees).toBe(true);
    expect(await invoices.closeDue(afterOctober)).toEqual({ closed: 0, failures: [] });
    const anew = await close('2026-10');
    expect(anew.id).not.toBe(id);
    expect(linesOf(anew)).toEqual([['usage', 'Traffic', 600]]);
    expect((await close('2026-10')).id).toBe(anew.id);
  });

  it('that was credited comes with the next one where nobody closes its period again', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, 3 * GB);
    const { id } = await close('2026-10', afterOctober, true);
    await invoices.credit(id, operator);
    expect(linesOf(await close('2026-11', afterNovember))).toEqual([
      ['usage', 'Traffic', 0],
      ['late', 'Traffic, what changed in 2026-10', 600],
    ]);
    // It is invoiced by now: closed again, nothing is due.
    expect((await close('2026-10')).id).toBe(id);
    expect(settlement.check()).toBeUndefined();
  });

  it('shows a ledger or an amount that does not fit any more', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, 3 * GB);
    const { id } = await close('2026-10');
    settlement.ledger.database.exec('UPDATE events SET bytes = bytes - 1000000000');
    const { agrees, lines } = await invoices.explain(id);
    expect(agrees).toBe(false);
    expect(lines[0]).toMatchObject({
      agrees: false,
      invoiced: { amount: 600 },
      derived: { amount: 400, events: 1 },
    });
    expect(settlement.check()).toBe(
      'invoices: contract transit, 2026-10: 600 is invoiced of charge traffic, 400 is what its events come to, in minor units',
    );
  });
});

describe('net settlement', () => {
  const asked = { period: '2026-10', timeZone: 'Europe/London' };
  const between = (issuer: string, payer: string, price: string): Contract =>
    contractOf([{ charges: perGb(price, { leaves: payer, enters: issuer }) }], {
      id: `${payer}-to-${issuer}`,
      issuer: { kind: 'isp', id: issuer },
      payer: { kind: 'isp', id: payer },
    });

  it('tells both directions, their ratio and who owes whom', async () => {
    const invoices = await open(between('sp2', 'sp1', '2'), between('sp1', 'sp2', '3'));
    settlement.book(october, 3 * GB);
    settlement.book(october, 2 * GB, [64_502, 64_501]);
    settlement.book(october, 7 * GB, [64_502, 64_503]);
    const statement = {
      ...{ one: 'sp1', other: 'sp2', period: '2026-10', currency: 'EUR', ratioThousandths: 1_500 },
      directions: [
        { from: 'sp1', to: 'sp2', bytes: 3 * GB, amount: 600, contracts: ['sp1-to-sp2'] },
        { from: 'sp2', to: 'sp1', bytes: 2 * GB, amount: 600, contracts: ['sp2-to-sp1'] },
      ],
    };
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject({
      ...statement,
      net: null,
      isFinal: false,
    });
    settlement.book(october, GB);
    await invoices.closePeriod('2026-10', { contract: 'sp1-to-sp2' }, operator);
    expect(invoices.netStatements(undefined)).toEqual([]);
    await invoices.closePeriod('2026-10', {}, operator);
    settlement.book(october, 50 * GB);
    const closed = await invoices.netStatement('sp2', 'sp1', asked);
    expect(closed).toMatchObject({
      ...{ one: 'sp2', other: 'sp1', ratioThousandths: 2_000, isFinal: true },
      directions: [
        { from: 'sp2', amount: 600 },
        { from: 'sp1', bytes: 4 * GB, amount: 800 },
      ],
      net: { payer: 'sp1', payee: 'sp2', amount: 200 },
    });
    expect(invoices.netStatements('sp1')).toMatchObject([{ one: 'sp1', other: 'sp2', isFinal: true }]);
    expect(invoices.netStatements('sp3')).toEqual([]);
  });

  it('tells bytes where nothing is agreed', async () => {
    const invoices = await open();
    settlement.book(october, GB);
    expect(await invoices.netStatement('sp2', 'sp1', asked)).toMatchObject({
      directions: [
        { bytes: 0, amount: null },
        { bytes: GB, amount: null, contracts: [] },
      ],
      ...{ ratioThousandths: null, currency: null, net: null, isFinal: false },
    });
  });
});

describe('what may be forgotten', () => {
  it('is what was invoiced and is undisputed, a hundred days after its period’s end', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, 3 * GB);
    const february = Date.UTC(2027, 1, 20);
    const [first, second] = [Date.UTC(2026, 8, 30, 23), Date.UTC(2026, 10, 1)];
    expect(invoices.settledUntilMs(february)).toBe(first);
    const { id } = await close('2026-10', afterOctober, true);
    expect(invoices.settledUntilMs(second + 99 * 86_400_000)).toBe(first);
    expect(invoices.settledUntilMs(february)).toBe(second);
    invoices.dispute(id, operator);
    expect(invoices.settledUntilMs(february)).toBe(first);
    await invoices.credit(id, operator);
    expect(invoices.settledUntilMs(february)).toBe(first);
    await close('2026-11', afterNovember, true);
    expect(invoices.settledUntilMs(february)).toBe(first);
    expect(invoices.settledUntilMs(afterNovember + 100 * 86_400_000)).toBe(Date.UTC(2026, 11, 1));
  });

  it('is not asked for again once its events are dropped', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2', { category: 'video' }) }]));
    settlement.book(october, 3 * GB);
    const { id } = await close('2026-10', afterOctober, true);
    const laterMs = Date.UTC(2027, 3, 2);
    for (;;) if (settlement.ledger.retention.dropHour(Date.UTC(2026, 10, 1), laterMs) === undefined) break;
    await invoices.closeDue(laterMs);
    const lines = invoices.list({ limit: 10 }).flatMap(linesOf);
    expect(lines.filter(([kind]) => kind === 'late')).toEqual([]);
    expect(await errorOf(() => invoices.explain(id))).toMatchObject({ code: 'events-dropped', status: 409 });
    expect(settlement.check()).toBeUndefined();
  });
});
