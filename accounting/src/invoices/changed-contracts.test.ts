import type { Invoice } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AgreedSettlement, changeOf, openAgreedSettlement } from './agreed-settlement.test-support.js';
import { errorOf, perGb } from './test-support.js';

const october = Date.UTC(2026, 9, 10);
const november = Date.UTC(2026, 10, 10);
const afterOctober = Date.UTC(2026, 10, 2);
const afterNovember = Date.UTC(2026, 11, 2);
const novemberMs = Date.UTC(2026, 10, 1);
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: afterOctober, note: 'wrong price' };

/** From the begin of October on, unless another time is told. */
const priced = (price: string, others: object = {}) =>
  changeOf({ charges: perGb(price, { enters: 'sp2' }), ...others });

let settlement: AgreedSettlement;
beforeEach(async () => {
  settlement = await openAgreedSettlement();
});
afterEach(() => settlement.remove());

const close = async (period: string, nowMs: number): Promise<Invoice> => {
  const request = { contract: 'transit', issue: true };
  const { invoices } = await settlement.invoices.closePeriod(period, request, { ...operator, nowMs });
  return invoices[0]!;
};

describe('a contract that changes while its period is closed', () => {
  const changeOnce = (change: () => void): void => {
    settlement.afterReading = () => {
      settlement.afterReading = () => undefined;
      change();
    };
  };

  it('is invoiced by what was agreed on before the closing, and not by what was read', async () => {
    settlement.contracts.put('transit', priced('2'));
    settlement.book(october, 3 * GB);
    changeOnce(() => settlement.contracts.put('transit', priced('5')));
    const invoice = await close('2026-10', afterOctober);
    expect(invoice).toMatchObject({ netAmount: 1_500, lines: [{ basis: { contractVersion: 2 } }] });
    expect((await settlement.invoices.explain(invoice.id)).agrees).toBe(true);
    expect(settlement.check()).toBeUndefined();
    const later = await errorOf(() => settlement.contracts.put('transit', priced('6')));
    expect(later).toMatchObject({ code: 'period-closed', status: 409 });
  });

  it('is closed on its own by what it is then, and the next contract too', async () => {
    settlement.contracts.put('one', changeOf({ charges: perGb('2', { leaves: 'sp2', enters: 'sp3' }) }));
    settlement.contracts.put('transit', priced('2'));
    settlement.book(october, 3 * GB);
    changeOnce(() => settlement.contracts.put('transit', priced('5')));
    expect(await settlement.invoices.closeDue(afterOctober)).toEqual({ closed: 2, failures: [] });
    const [draft] = settlement.invoices.list({ contract: 'transit', limit: 1 });
    expect(draft).toMatchObject({ netAmount: 1_500, lines: [{ basis: { contractVersion: 2 } }] });
  });

  it('is not closed where by its new terms the period is not over', async () => {
    settlement.contracts.put('transit', priced('2'));
    changeOnce(() => settlement.contracts.put('transit', priced('2', { graceHours: 72 })));
    const error = await errorOf(() => close('2026-10', afterOctober));
    expect(error).toMatchObject({ code: 'contract-changed', status: 409 });
    expect(settlement.invoices.list({ limit: 10 })).toEqual([]);
  });

  it('and once more each time is given up, with nothing written', async () => {
    settlement.contracts.put('transit', priced('2'));
    let price = 2;
    settlement.afterReading = () => {
      price += 1;
      settlement.contracts.put('transit', priced(String(price)));
    };
    expect(await errorOf(() => close('2026-10', afterOctober))).toMatchObject({ code: 'contract-changed' });
    expect(settlement.invoices.list({ limit: 10 })).toEqual([]);
  });
});

describe('terms of a period whose invoices are all credited', () => {
  it('may be agreed on anew, and it is invoiced by them', async () => {
    settlement.contracts.put('transit', priced('5'));
    settlement.book(october, 3 * GB);
    const wrong = await close('2026-10', afterOctober);
    const refused = await errorOf(() => settlement.contracts.put('transit', priced('2')));
    expect(refused.message).toContain('credit all of them first, without waiving');
    const { creditNote } = await settlement.invoices.credit(wrong.id, operator);
    settlement.contracts.put('transit', priced('2'));
    const right = await close('2026-10', afterOctober);
    expect(right).toMatchObject({
      ...{ netAmount: 600, status: 'issued', number: 'SP2-2026-000003' },
      lines: [{ kind: 'usage', basis: { contractVersion: 2 } }],
    });
    for (const { id } of [wrong, creditNote, right])
      expect((await settlement.invoices.explain(id)).agrees).toBe(true);
    settlement.book(october, GB);
    expect((await close('2026-11', afterNovember)).lines).toMatchObject([
      { kind: 'usage', amount: 0 },
      { kind: 'late', amount: 200, alreadyInvoiced: 600 },
    ]);
    expect(settlement.check()).toBeUndefined();
    expect(await errorOf(() => settlement.contracts.put('transit', priced('3')))).toMatchObject({
      code: 'period-closed',
    });
  });

  it('stay where a later one is still invoiced, and where they were waived', async () => {
    settlement.contracts.put('transit', priced('5'));
    for (const binMs of [october, november]) settlement.book(binMs, GB);
    const first = await close('2026-10', afterOctober);
    const second = await close('2026-11', afterNovember);
    await settlement.invoices.credit(first.id, operator);
    const putRight = () => settlement.contracts.put('transit', priced('2'));
    expect(await errorOf(putRight)).toMatchObject({ code: 'period-closed' });
    await settlement.invoices.credit(second.id, { ...operator, waive: true });
    expect(await errorOf(putRight)).toMatchObject({ code: 'period-closed' });
  });

  it('are those of all periods from the first one on that is credited', async () => {
    settlement.contracts.put('transit', priced('5'));
    for (const binMs of [october, november]) settlement.book(binMs, GB);
    const papers = [await close('2026-10', afterOctober), await close('2026-11', afterNovember)];
    const second = papers[1]!;
    await settlement.invoices.credit(second.id, operator);
    settlement.contracts.put('transit', priced('2', { fromMs: novemberMs }));
    const right = await close('2026-11', afterNovember);
    expect(right).toMatchObject({ netAmount: 200, lines: [{ basis: { contractVersion: 2 } }] });
    for (const { id } of [...papers, right])
      expect((await settlement.invoices.explain(id)).agrees).toBe(true);
    expect(settlement.check()).toBeUndefined();
  });
});
