import type { BudgetOrder } from '@fairhop/shared/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BudgetClient, decideBudget } from './decide.js';

const nowMs = Date.parse('2026-11-20T12:00:00Z');
const endMs = Date.parse('2026-12-01T00:00:00Z');
const film = { id: 'studio/film', owner: 'studio', category: 'video' };
const agent = 'A'.repeat(43);
const client: BudgetClient = { agent, isp: 'sp1', address: '127.1.0.5' };
const order = (change: Partial<BudgetOrder>): BudgetOrder => ({
  ...{ budget: 'b', owner: 'studio', action: 'stop', untilMs: endMs },
  ...change,
});
const decide = (change: Partial<BudgetOrder>, who = client, timeMs = nowMs) =>
  decideBudget([order(change)], film, who, timeMs);

describe('decideBudget', () => {
  it('is about the titles of its owner, or of these one or a category, until it ends', () => {
    const codeOf = (change: Partial<BudgetOrder>, timeMs = nowMs) =>
      decide(change, client, timeMs).refusal?.error.code;
    for (const change of [
      {},
      { title: film.id },
      { category: 'video' },
      { title: film.id, category: 'video' },
    ])
      expect(codeOf(change)).toBe('budget-stopped');
    for (const change of [{ owner: 'other' }, { title: 'studio/other' }, { category: 'live' }])
      expect(decide(change)).toEqual({ arePeersAllowed: true });
    expect(codeOf({}, endMs - 1)).toBe('budget-stopped');
    expect(codeOf({}, endMs)).toBeUndefined();
    expect(codeOf({ untilMs: null }, endMs)).toBe('budget-stopped');
  });

  it('keeps peers away, and lets edges serve', () => {
    expect(decide({ action: 'no-peers' })).toMatchObject({ arePeersAllowed: false, order: { budget: 'b' } });
    expect(decide({ action: 'no-peers' }).refusal).toBeUndefined();
  });

  it('serves off-peak only, and says when that is next, in the zone of the budget', () => {
    const offPeak = {
      action: 'off-peak-only',
      hours: { from: '01:00', to: '06:00', timeZone: 'Europe/Lisbon' },
    } as const;
    const { refusal } = decide(offPeak);
    expect(refusal?.error).toMatchObject({ code: 'budget-off-peak-only', status: 503 });
    expect(refusal?.error.message).toMatch(
      /from 01:00 to 06:00 \(Europe\/Lisbon\).*2026-11-21T01:00:00.000Z/,
    );
    expect(refusal?.opensMs).toBe(Date.parse('2026-11-21T01:00:00Z'));
    expect(decide(offPeak, client, Date.parse('2026-11-21T03:00:00Z'))).toEqual({ arePeersAllowed: true });
    // The period's end opens it too.
    const lateMs = Date.parse('2026-11-30T23:30:00Z');
    expect(decide(offPeak, client, lateMs).refusal?.opensMs).toBe(endMs);
  });

  it('serves whoever is a priority customer in any way', () => {
    const only = (priority: Partial<NonNullable<BudgetOrder['priority']>>, who: BudgetClient = client) =>
      decide(
        {
          action: 'priority-customers-only',
          priority: { agents: [], isps: [], prefixes: [], ...priority },
        },
        who,
      ).refusal?.error.code;
    for (const priority of [{ agents: [agent] }, { isps: ['sp1'] }, { prefixes: ['127.1.0.0/16'] }])
      expect(only(priority)).toBeUndefined();
    for (const priority of [
      { agents: ['B'.repeat(43)] },
      { isps: ['sp2'] },
      { prefixes: ['127.2.0.0/16', '::/0'] },
    ])
      expect(only(priority)).toBe('budget-priority-customers-only');
    expect(only({ isps: ['sp1'] }, { isp: null, address: '127.9.0.1' })).toBe(
      'budget-priority-customers-only',
    );
  });

  it('says the strictest of what is ordered, whatever the order of the orders', () => {
    const hours = { from: '01:00', to: '06:00', timeZone: 'UTC' };
    const priority = { agents: [], isps: ['sp2'], prefixes: [] };
    const orders: BudgetOrder[] = [
      order({ action: 'no-peers' }),
      order({ action: 'off-peak-only', hours }),
      order({ action: 'priority-customers-only', priority }),
      order({ action: 'stop' }),
    ];
    const codes = [undefined, 'budget-off-peak-only', 'budget-priority-customers-only', 'budget-stopped'];
    fc.assert(
      fc.property(fc.shuffledSubarray(orders, { minLength: 1 }), (given) => {
        const strictest = Math.max(...given.map((one) => orders.indexOf(one)));
        const { refusal, arePeersAllowed } = decideBudget(given, film, client, nowMs);
        expect(refusal?.error.code).toBe(codes[strictest]);
        expect(arePeersAllowed).toBe(false);
      }),
    );
  });
});
