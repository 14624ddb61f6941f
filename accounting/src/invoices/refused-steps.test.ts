import type { Contract, PartyDetails } from '@fairhop/shared/model';
import { afterEach, describe, expect, it } from 'vitest';
import { documentFormats } from '../documents/index.js';
import {
  contractOf,
  details,
  errorOf,
  openTestSettlement,
  perGb,
  type TestSettlement,
} from './test-support.js';

const october = Date.UTC(2026, 9, 10);
const DAY_MS = 86_400_000;
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: Date.UTC(2026, 10, 2), note: 'why' };

const charges = perGb('2');

let settlement: TestSettlement;
afterEach(() => settlement.remove());

const open = async (...contracts: Contract[]) => {
  settlement = await openTestSettlement(...contracts);
  settlement.book(october, GB);
  return settlement.invoices;
};

describe('issuing', () => {
  const { vatId: _, ...nameless } = details('without');
  const registered: PartyDetails = { ...nameless, registration: 'HRB 1' };

  it.each([
    ['S', 'issuer'],
    ['Z', 'issuer'],
    ['E', 'issuer'],
    ['AE', 'issuer'],
    ['AE', 'payer'],
  ] as const)('of category %s waits for the VAT id of the %s', async (category, side) => {
    const percent = category === 'S' ? '20' : '0';
    const contract = contractOf([{ charges: charges, tax: { category, percent } }]);
    const invoices = await open(contract);
    const [draft] = (await invoices.closePeriod('2026-10', {}, operator)).invoices;
    const { id } = contract[side];
    settlement.named.set(id, nameless);
    const error = await errorOf(() => invoices.issue(draft!.id, operator));
    expect(error).toMatchObject({ code: 'party-lacks-vat-id', status: 409 });
    expect(error.message).toMatch(new RegExp(`isp ${id}, its ${side}, has .*/v1/parties/isp/${id}$`));
    expect(invoices.get(draft!.id)).toMatchObject({ status: 'draft', number: null });
    settlement.named.set(id, side === 'issuer' ? details('with') : registered);
    const issued = invoices.issue(draft!.id, operator);
    expect(issued.number).toBe('SP2-2026-000001');
    expect(documentFormats.ubl.write(issued)).toContain('SP2-2026-000001');
  });

  it('outside of VAT takes none', async () => {
    const invoices = await open(contractOf([{ charges: charges, tax: { category: 'O', percent: '0' } }]));
    for (const id of ['sp1', 'sp2']) settlement.named.set(id, nameless);
    const { invoices: issued } = await invoices.closePeriod('2026-10', { issue: true }, operator);
    expect(issued).toMatchObject([{ status: 'issued' }]);
  });

  it('fails for one contract alone, where all are closed', async () => {
    const issuedBy = (id: string) =>
      contractOf([{ charges: charges }], { id: `of-${id}`, issuer: { kind: 'isp', id } });
    const invoices = await open(...['sp2', 'sp3', 'sp4'].map(issuedBy));
    settlement.named.set('sp2', nameless);
    const closed = await invoices.closePeriod('2026-10', { issue: true }, operator);
    expect(closed).toMatchObject({
      invoices: [
        { contract: 'of-sp3', status: 'issued' },
        { contract: 'of-sp4', status: 'issued' },
      ],
      failures: [
        { contract: 'of-sp2', code: 'party-lacks-vat-id', message: expect.stringContaining('isp sp2') },
      ],
    });
    const alone = { contract: 'of-sp2', issue: true };
    expect(await errorOf(() => invoices.closePeriod('2026-10', alone, operator))).toMatchObject({
      code: 'party-lacks-vat-id',
    });
  });
});

describe('crediting', () => {
  it('is not possible of what could not be invoiced anew: its events are dropped', async () => {
    const minimumAmount = '500';
    const invoices = await open(contractOf([{ charges: charges, minimumAmount }]));
    const [invoice] = (await invoices.closePeriod('2026-10', { issue: true }, operator)).invoices;
    const muchLaterMs = october + 400 * DAY_MS;
    expect(settlement.ledger.retention.dropHour(muchLaterMs, muchLaterMs)).toMatchObject({ events: 1 });
    const error = await errorOf(() => invoices.credit(invoice!.id, operator));
    expect(error).toMatchObject({ code: 'events-dropped', status: 409 });
    expect(error.message).toMatch(/^invoice SP2-2026-000001 .*2026-10-10T01:00.* could not be invoiced anew/);
    expect(invoices.list({ limit: 10 })).toEqual([invoice]);
  });
});
