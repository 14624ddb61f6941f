import { afterEach, describe, expect, it } from 'vitest';
import { contractOf, openTestSettlement, perGb, type TestSettlement } from './test-support.js';

const october = Date.UTC(2026, 9, 10);
const afterOctober = Date.UTC(2026, 10, 2);
const afterNovember = Date.UTC(2026, 11, 2);
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: afterOctober, note: 'goodwill' };

let settlement: TestSettlement;
afterEach(() => settlement.remove());

/** An invoice of October that is waived, of 3 GB for 2 EUR each, with what is missing to the minimum. */
const openWaived = async (minimumAmount?: string) => {
  settlement = await openTestSettlement(
    contractOf([{ charges: perGb('2'), ...(minimumAmount !== undefined && { minimumAmount }) }]),
  );
  settlement.book(october, 3 * GB);
  const { invoices } = settlement;
  const [invoice] = (await invoices.closePeriod('2026-10', { issue: true }, operator)).invoices;
  return { invoices, ...(await invoices.credit(invoice!.id, { ...operator, waive: true })) };
};

describe('an invoice that is waived', () => {
  it('is not invoiced anew, by nobody and not with the next one', async () => {
    const { invoices, invoice, creditNote } = await openWaived();
    expect(invoice).toMatchObject({ status: 'credited', history: [{}, {}, { note: 'goodwill' }] });
    expect(creditNote).toMatchObject({ type: 'credit-note', waives: true, netAmount: -600 });
    expect(creditNote.lines[0]!.calculation).toMatch(/; waived, it is not invoiced again$/);
    const again = await invoices.closePeriod('2026-10', { issue: true }, operator);
    expect(again).toMatchObject({ invoices: [{ id: invoice.id }], failures: [] });
    const acting = { ...operator, nowMs: afterNovember };
    const [next] = (await invoices.closePeriod('2026-11', {}, acting)).invoices;
    expect(next).toMatchObject({ netAmount: 0, lines: [{ kind: 'usage' }] });
    expect(settlement.check()).toBeUndefined();
    expect(invoices.list({ limit: 10 }).reduce((sum, { netAmount }) => sum + netAmount, 0)).toBe(0);
  });

  it('asks for what changes later, and only for that', async () => {
    const { invoices } = await openWaived('10');
    settlement.book(october, 4 * GB);
    const acting = { ...operator, nowMs: afterNovember };
    const [next] = (await invoices.closePeriod('2026-11', {}, acting)).invoices;
    expect(next!.lines.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['usage', 0],
      ['minimum', 1_000],
      ['late', 800],
      ['minimum', -400],
    ]);
    expect(next!.lines[2]!.calculation).toMatch(
      /: 14\.00 EUR, of which 6\.00 EUR are invoiced \(6\.00 EUR of it waived\)$/,
    );
    expect((await invoices.explain(next!.id)).agrees).toBe(true);
    expect(settlement.check()).toBeUndefined();
  });

  it('is told as such where it and its credit note are explained, and where the audit finds it wrong', async () => {
    const { invoices, invoice, creditNote } = await openWaived();
    for (const { id } of [invoice, creditNote])
      expect(await invoices.explain(id)).toMatchObject({ agrees: true, lines: [{ waived: 600 }] });
    settlement.ledger.database.exec('UPDATE events SET bytes = bytes - 1000000000');
    expect(settlement.check()).toContain(
      '600 is invoiced of charge traffic (600 of it waived), 400 is what its events come to',
    );
  });

  it('is not asked for by a statement of two ISPs, which is made anew', async () => {
    const { invoices } = await openWaived();
    const asked = { period: '2026-10' };
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject({ net: null, isFinal: false });
    await invoices.closeDue(operator.nowMs);
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject({
      ...{ net: null, isFinal: true },
      directions: [{ from: 'sp1', amount: 0 }, {}],
    });
    expect(invoices.netStatements()).toMatchObject([
      { net: null, isSuperseded: false },
      { net: { payer: 'sp1', payee: 'sp2', amount: 600 }, isSuperseded: true },
    ]);
  });

  it('may be one whose events are dropped, since nothing is to be derived anew', async () => {
    settlement = await openTestSettlement(contractOf([{ charges: perGb('2') }]));
    settlement.book(october, 3 * GB);
    const { invoices } = settlement;
    const [invoice] = (await invoices.closePeriod('2026-10', { issue: true }, operator)).invoices;
    const muchLaterMs = october + 400 * 86_400_000;
    expect(settlement.ledger.retention.dropHour(muchLaterMs, muchLaterMs)).toMatchObject({ events: 1 });
    const { creditNote } = await invoices.credit(invoice!.id, { ...operator, waive: true });
    expect(creditNote).toMatchObject({ waives: true, netAmount: -600 });
  });
});
