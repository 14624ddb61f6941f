import { afterEach, describe, expect, it } from 'vitest';
import { contractOf, errorOf, openTestSettlement, perGb, type TestSettlement } from './test-support.js';

const octoberMs = Date.UTC(2026, 9, 1);
const novemberMs = Date.UTC(2026, 10, 1);
const DAY_MS = 86_400_000;
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: novemberMs + DAY_MS };

let settlement: TestSettlement;
afterEach(() => settlement.remove());

describe('a period that cannot be closed', () => {
  it('is told each time until it can, and holds up no other period or contract', async () => {
    const fromMs = octoberMs - 60 * DAY_MS;
    settlement = await openTestSettlement(
      contractOf([{ charges: perGb('2', { category: 'video' }), timeZone: 'UTC', fromMs }]),
      contractOf([{ charges: perGb('2') }], { id: 'other' }),
    );
    settlement.book(octoberMs - DAY_MS, GB);
    settlement.book(octoberMs + DAY_MS, GB);
    expect(settlement.ledger.retention.dropHour(octoberMs, octoberMs + 200 * DAY_MS)).toMatchObject({
      events: 1,
    });
    const { invoices } = settlement;
    const failures = ['2026-08', '2026-09'].map((period) => ({
      ...{ contract: 'transit', period, code: 'events-dropped' },
      message: expect.stringContaining('are dropped'),
    }));
    expect(await invoices.closeDue(operator.nowMs)).toEqual({ closed: 2, failures });
    expect(invoices.list({ period: '2026-10', limit: 10 })).toHaveLength(2);
    expect(invoices.countUnclosed()).toBe(2);
    expect(await invoices.closeDue(operator.nowMs)).toEqual({ closed: 0, failures });
    settlement.contracts.set('transit', contractOf([{ charges: perGb('2'), timeZone: 'UTC', fromMs }]));
    expect(await invoices.closeDue(operator.nowMs)).toMatchObject({ failures: [] });
    expect(invoices.countUnclosed()).toBe(0);
  });
});

describe('an invoice by terms that are not kept', () => {
  it('says so where it is explained', async () => {
    settlement = await openTestSettlement(contractOf([{ charges: perGb('2') }]));
    const { invoices } = settlement;
    const [invoice] = (await invoices.closePeriod('2026-10', {}, operator)).invoices;
    settlement.contracts.set('transit', contractOf([{ charges: perGb('5'), version: 2 }]));
    const error = await errorOf(() => invoices.explain(invoice!.id));
    expect(error).toMatchObject({ code: 'contract-version-unknown', status: 409 });
    expect(error.message).toContain('charge traffic was invoiced by version 1 of its contract');
  });
});
