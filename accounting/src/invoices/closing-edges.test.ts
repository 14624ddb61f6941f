import type { Contract } from '@fairhop/shared/model';
import { afterEach, describe, expect, it } from 'vitest';
import { contractOf, openTestSettlement, perGb, type TestSettlement } from './test-support.js';

const october = Date.UTC(2026, 9, 10);
const november = Date.UTC(2026, 10, 10);
const afterOctober = Date.UTC(2026, 10, 2);
const afterNovember = Date.UTC(2026, 11, 2);
const novemberMs = Date.UTC(2026, 10, 1);
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: afterOctober };

let settlement: TestSettlement;
afterEach(() => settlement.remove());

const open = async (...contracts: Contract[]) => {
  settlement = await openTestSettlement(...contracts);
  return settlement.invoices;
};

describe('late lines of a period with another tax', () => {
  const changed = () =>
    contractOf([
      { charges: perGb('2'), toMs: novemberMs, tax: { category: 'S', percent: '19' } },
      { charges: perGb('2'), fromMs: novemberMs, tax: { category: 'S', percent: '16' } },
    ]);

  it('come on an invoice of their own, taxed as their time was', async () => {
    const invoices = await open(changed());
    settlement.book(october, GB);
    await invoices.closePeriod('2026-10', {}, operator);
    settlement.book(october, 50 * GB);
    settlement.book(november, GB);
    await invoices.closeDue(afterNovember);
    const told = invoices
      .list({ limit: 10 })
      .map(({ period, taxPercent, netAmount, taxAmount }) => [period, taxPercent, netAmount, taxAmount])
      .sort();
    expect(told).toEqual([
      ['2026-10', '19', 10_000, 1_900],
      ['2026-10', '19', 200, 38],
      ['2026-11', '16', 200, 32],
    ]);
  });

  it.each([
    ['are issued with the period that is closed', false],
    ['are issued with the period that was closed on its own before', true],
  ])('%s', async (_, isDraftedBefore) => {
    const invoices = await open(changed());
    settlement.book(october, GB);
    await invoices.closePeriod('2026-10', { issue: true }, operator);
    settlement.book(october, 50 * GB);
    settlement.book(november, GB);
    const acting = { ...operator, nowMs: afterNovember };
    // As they are a minute after the period's end, when they were drafted on their own.
    if (isDraftedBefore) await invoices.closeDue(afterNovember);
    const { invoices: closed } = await invoices.closePeriod('2026-11', { issue: true }, acting);
    expect(closed.map(({ period, number }) => [period, number])).toEqual([
      ['2026-11', 'SP2-2026-000002'],
      ['2026-10', 'SP2-2026-000003'],
    ]);
  });
});

describe('an invoice of after the contract’s end', () => {
  it('that was credited comes with the next one, and is not asked for by its own period too', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2'), toMs: novemberMs }]));
    const close = async (period: string) => {
      const acting = { ...operator, nowMs: Date.UTC(2027, 0, 2) };
      const closed = await invoices.closePeriod(period, { contract: 'transit', issue: true }, acting);
      return closed.invoices[0]!;
    };
    const sum = () => invoices.list({ limit: 10 }).reduce((net, { netAmount }) => net + netAmount, 0);
    await close('2026-10');
    settlement.book(october, GB);
    const late = await close('2026-11');
    await invoices.credit(late.id, operator);
    const next = await close('2026-12');
    expect([late, next]).toMatchObject([{ netAmount: 200 }, { period: '2026-12', netAmount: 200 }]);
    expect(invoices.settledUntilMs(Date.UTC(2027, 3, 14))).toBe(Date.UTC(2027, 0, 1));

    await invoices.credit(next.id, operator);
    expect(await close('2026-11')).toMatchObject({ id: late.id, status: 'credited' });
    expect(sum()).toBe(0);
    expect(await close('2026-12')).toMatchObject({ period: '2026-12', netAmount: 200 });
    expect(sum()).toBe(200);
  });
});

describe('net settlement', () => {
  const asked = { period: '2026-10', timeZone: 'Europe/London' };
  const between = (issuer: string, payer: string, price: string, others: Partial<Contract> = {}): Contract =>
    contractOf([{ charges: perGb(price, { leaves: payer, enters: issuer }) }], {
      ...{
        id: `${payer}-to-${issuer}`,
        issuer: { kind: 'isp', id: issuer },
        payer: { kind: 'isp', id: payer },
      },
      ...others,
    });

  it('adds up what all contracts between two ISPs ask', async () => {
    const first = between('sp2', 'sp1', '2');
    const half = Date.UTC(2026, 9, 20);
    first.versions[0]!.toMs = half;
    const second = between('sp2', 'sp1', '3', { id: 'sp1-to-sp2-anew' });
    second.versions[0]!.fromMs = half;
    const invoices = await open(first, second);
    settlement.book(october, 3 * GB);
    settlement.book(half, 4 * GB);
    const net = { payer: 'sp1', payee: 'sp2', amount: 600 + 1_200 };
    const there = { bytes: 7 * GB, amount: 1_800, contracts: [first.id, second.id] };
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject({
      ...{ net, isFinal: false },
      directions: [there, { contracts: [] }],
    });
    await invoices.closePeriod('2026-10', { contract: first.id }, operator);
    expect(invoices.netStatements(undefined)).toEqual([]);
    await invoices.closePeriod('2026-10', {}, operator);
    expect(invoices.netStatements(undefined)).toMatchObject([{ net, isFinal: true }]);
  });

  it('is kept also where a process ended between the closing and it', async () => {
    const contract = between('sp2', 'sp1', '2');
    const invoices = await open(contract);
    settlement.book(october, 3 * GB);
    // As a process leaves it that ends there: the period is closed, and no statement is.
    settlement.contracts.set(contract.id, { ...contract, kind: 'isp-operator' });
    await invoices.closePeriod('2026-10', {}, operator);
    settlement.contracts.set(contract.id, contract);
    expect(invoices.netStatements(undefined)).toEqual([]);
    await invoices.closeDue(afterOctober);
    expect(invoices.netStatements(undefined)).toMatchObject([{ period: '2026-10', isFinal: true }]);
  });
});

describe('what may be forgotten', () => {
  it('is nothing of a period that waits for its end, however long that is', async () => {
    const fromMs = Date.UTC(2026, 9, 1);
    const quarter = { period: 'quarter', graceHours: 24 * 31, fromMs, timeZone: 'UTC' } as const;
    const invoices = await open(contractOf([quarter]));
    expect(invoices.settledUntilMs(Date.UTC(2027, 0, 31))).toBe(fromMs);
  });

  it('is nothing of what an invoice of a later period asks, while it is a draft or disputed', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, GB);
    await invoices.closePeriod('2026-10', { issue: true }, operator);
    settlement.book(october, GB);
    const acting = { ...operator, nowMs: afterNovember };
    const [late] = (await invoices.closePeriod('2026-11', {}, acting)).invoices;
    const nowMs = Date.UTC(2027, 3, 1);
    const [first, second] = [Date.UTC(2026, 8, 30, 23), novemberMs];
    expect(invoices.settledUntilMs(nowMs)).toBe(first);
    invoices.issue(late!.id, operator);
    expect(invoices.settledUntilMs(nowMs)).toBeGreaterThan(second);
  });

  it('is nothing of what was issued less than a hundred days ago, so that it can be disputed', async () => {
    const invoices = await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, GB);
    const [draft] = (await invoices.closePeriod('2026-10', {}, operator)).invoices;
    const issuedMs = Date.UTC(2027, 1, 20);
    invoices.issue(draft!.id, { ...operator, nowMs: issuedMs });
    settlement.book(october, GB);
    await invoices.closePeriod('2026-11', { issue: true }, { ...operator, nowMs: issuedMs });
    const first = Date.UTC(2026, 8, 30, 23);
    expect(invoices.settledUntilMs(issuedMs + 1)).toBe(first);
    const keptUntilMs = issuedMs + 100 * 86_400_000;
    for (const { id } of invoices.list({ limit: 1 })) invoices.pay(id, operator);
    expect(invoices.settledUntilMs(keptUntilMs - 1)).toBe(first);
    expect(invoices.settledUntilMs(keptUntilMs)).toBe(Date.UTC(2026, 11, 1));
  });
});
