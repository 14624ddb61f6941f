import type { Contract, ContractVersion } from '@fairhop/shared/model';
import { afterEach, describe, expect, it } from 'vitest';
import { contractOf, errorOf, openTestSettlement, perGb, type TestSettlement } from './test-support.js';

const october = Date.UTC(2026, 9, 10);
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: Date.UTC(2026, 10, 2) };
const aDayLater = { by: 'operator', nowMs: Date.UTC(2026, 10, 3) };

let settlement: TestSettlement;
afterEach(() => settlement.remove());

const open = async (...contracts: Contract[]) => {
  settlement = await openTestSettlement(...contracts);
  return settlement.invoices;
};
const between = (issuer: string, payer: string, price: string, version: Partial<ContractVersion> = {}) =>
  contractOf([{ charges: perGb(price, { leaves: payer, enters: issuer }), ...version }], {
    ...{
      id: `${payer}-to-${issuer}`,
      issuer: { kind: 'isp', id: issuer },
      payer: { kind: 'isp', id: payer },
    },
  });
const asked = { period: '2026-10' };

describe('the kept statement of a period whose other direction is agreed on later', () => {
  const [first, later] = [between('sp2', 'sp1', '2'), between('sp1', 'sp2', '3')];
  const firstNet = { payer: 'sp1', payee: 'sp2', amount: 600 };
  const rightNet = { payer: 'sp2', payee: 'sp1', amount: 900 };
  const openKept = async () => {
    // As it is before the second contract is entered: from the same time on, but after the first one's period is closed.
    const invoices = await open(first, later);
    settlement.contracts.delete(later.id);
    settlement.book(october, 3 * GB);
    settlement.book(october, 5 * GB, [64_502, 64_501]);
    await invoices.closePeriod('2026-10', {}, operator);
    expect(invoices.netStatements()).toMatchObject([{ net: firstNet, isFinal: true, isSuperseded: false }]);
    settlement.contracts.set(later.id, later);
    return invoices;
  };

  it('names the payer by both directions once both are closed, and the first one as superseded', async () => {
    const invoices = await openKept();
    await invoices.closePeriod('2026-10', {}, aDayLater);
    const amounts = invoices.list({ limit: 10 }).map(({ contract, netAmount }) => [contract, netAmount]);
    expect(amounts.sort()).toEqual([
      ['sp1-to-sp2', 600],
      ['sp2-to-sp1', 1_500],
    ]);
    const stands = {
      ...{ net: rightNet, isFinal: true, isSuperseded: false },
      directions: [
        { amount: 600, contracts: ['sp1-to-sp2'] },
        { amount: 1_500, contracts: ['sp2-to-sp1'] },
      ],
    };
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject(stands);
    const superseded = { net: firstNet, isFinal: false, isSuperseded: true };
    expect(invoices.netStatements()).toMatchObject([stands, superseded]);
    const history = invoices.netStatements();
    await invoices.closePeriod('2026-10', {}, aDayLater);
    expect(invoices.netStatements()).toEqual(history);
  });

  it('is kept anew too where the period is closed on its own', async () => {
    const invoices = await openKept();
    await invoices.closeDue(aDayLater.nowMs);
    expect(invoices.netStatements()).toMatchObject([
      { net: rightNet, isFinal: true, isSuperseded: false },
      { net: firstNet, isFinal: false, isSuperseded: true },
    ]);
  });

  it('is not final while that direction is open', async () => {
    const invoices = await openKept();
    const statement = await invoices.netStatement('sp2', 'sp1', asked);
    expect(statement).toMatchObject({ one: 'sp2', net: rightNet, isFinal: false, isSuperseded: false });
    expect(invoices.netStatements()).toMatchObject([{ net: firstNet, isFinal: false, isSuperseded: false }]);
  });
});

it('a statement is kept anew where its contract is credited and agreed on anew', async () => {
  const contract = between('sp2', 'sp1', '2');
  const invoices = await open(contract);
  settlement.book(october, 3 * GB);
  const { invoices: issued } = await invoices.closePeriod('2026-10', { issue: true }, operator);
  await invoices.credit(issued[0]!.id, { ...aDayLater, note: 'wrong price' });
  expect(invoices.netStatements()).toMatchObject([{ net: { amount: 600 }, isFinal: true }]);
  settlement.contracts.set(contract.id, between('sp2', 'sp1', '5', { version: 2 }));
  const unsettled = { net: { amount: 1_500 }, isFinal: false };
  expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject(unsettled);
  await invoices.closePeriod('2026-10', {}, aDayLater);
  expect(invoices.netStatements()).toMatchObject([
    { net: { amount: 1_500 }, isFinal: true },
    { net: { amount: 600 }, isFinal: false, isSuperseded: true },
  ]);
});

describe('the zone of a statement', () => {
  const tokyo = (issuer = 'sp2', payer = 'sp1') =>
    between(issuer, payer, '2', { timeZone: 'Asia/Tokyo', fromMs: Date.UTC(2026, 8, 30, 15) });
  /** October of UTC and no more of Tokyo's. */
  const lastOfOctober = Date.UTC(2026, 9, 31, 20);

  it('is that of the contracts where none is asked for, so that it is kept as it is', async () => {
    const invoices = await open(tokyo());
    settlement.book(october, 3 * GB);
    settlement.book(lastOfOctober, 7 * GB);
    await invoices.closePeriod('2026-10', {}, operator);
    settlement.book(october, 50 * GB);
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject({
      ...{ timeZone: 'Asia/Tokyo', contractTimeZones: ['Asia/Tokyo'], isFinal: true },
      directions: [{ bytes: 3 * GB, amount: 600 }, { bytes: 0 }],
    });
  });

  it('is UTC where nothing is agreed', async () => {
    const invoices = await open();
    expect(await invoices.netStatement('sp1', 'sp2', asked)).toMatchObject({
      ...{ timeZone: 'UTC', contractTimeZones: [], isFinal: false },
    });
  });

  it('of other clocks than the contracts’ is told beside theirs, and makes nothing final', async () => {
    const invoices = await open(tokyo());
    settlement.book(october, 3 * GB);
    settlement.book(lastOfOctober, 7 * GB);
    await invoices.closePeriod('2026-10', {}, operator);
    expect(await invoices.netStatement('sp1', 'sp2', { ...asked, timeZone: 'UTC' })).toMatchObject({
      ...{ timeZone: 'UTC', contractTimeZones: ['Asia/Tokyo'], isFinal: false },
      directions: [{ bytes: 10 * GB, amount: 600 }, {}],
    });
  });

  it('that has the contracts’ clocks is theirs', async () => {
    const invoices = await open(tokyo());
    const inSeoul = () => invoices.netStatement('sp1', 'sp2', { ...asked, timeZone: 'Asia/Seoul' });
    expect(await inSeoul()).toMatchObject({ timeZone: 'Asia/Tokyo', isFinal: false });
    await invoices.closePeriod('2026-10', {}, operator);
    expect(await inSeoul()).toMatchObject({ timeZone: 'Asia/Tokyo', isFinal: true });
  });

  it('has to be named where the two directions differ, and is one of theirs', async () => {
    const invoices = await open(tokyo(), between('sp1', 'sp2', '3'));
    settlement.book(october, 3 * GB);
    settlement.book(lastOfOctober, 7 * GB);
    const error = await errorOf(() => invoices.netStatement('sp1', 'sp2', asked));
    expect(error).toMatchObject({ code: 'time-zone-needed', status: 400 });
    expect(error.message).toMatch(/Asia\/Tokyo \(sp1-to-sp2\).*Europe\/London \(sp2-to-sp1\)/);
    await invoices.closePeriod('2026-10', {}, operator);
    for (const [timeZone, bytes] of [
      ['Asia/Tokyo', 3 * GB],
      ['Europe/London', 10 * GB],
    ] as const)
      expect(await invoices.netStatement('sp1', 'sp2', { ...asked, timeZone })).toMatchObject({
        ...{ timeZone, isFinal: true, contractTimeZones: ['Asia/Tokyo', 'Europe/London'] },
        directions: [{ bytes, amount: 600 }, {}],
      });
  });
});
