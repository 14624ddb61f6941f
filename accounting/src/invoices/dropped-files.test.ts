import type { Charge } from '@fairhop/shared/model';
import { afterEach, describe, expect, it } from 'vitest';
import {
  batch,
  completionMessage,
  event,
  eventsMessage,
  pathOf,
  spOf,
  uuid,
} from '../ledger/test-support.js';
import { contractOf, errorOf, openTestSettlement, type TestSettlement } from './test-support.js';

const DAY_MS = 86_400_000;
const october = Date.UTC(2026, 9, 10);
const operator = { by: 'operator', nowMs: Date.UTC(2026, 10, 2), note: 'why' };
const muchLaterMs = Date.UTC(2027, 11, 1);

const royalty = (usage: Charge['usage']) =>
  contractOf([
    {
      charges: [{ id: 'films', description: 'Films', usage, plan: { type: 'royalty', pricePerFile: '0.5' } }],
    },
  ]);
const onRoute = royalty({ leaves: 'sp1', enters: 'sp2' });

let settlement: TestSettlement;
let booked = 0;
afterEach(() => settlement.remove());

const open = async (contract: Parameters<typeof openTestSettlement>[0]) => {
  settlement = await openTestSettlement(contract!);
  booked = 0;
  return settlement.invoices;
};
/** Of a film of 1,000 bytes, over the route that is charged or within SP2. */
const book = (binMs: number, bytes: number, asPath = [64_501, 64_502]): void => {
  booked += 1;
  const sourceAs = asPath[0]!;
  const part = event({
    ...{ transferId: uuid(booked), kind: 'edge-to-client', source: 'host:edge', binMs, bytes },
    ...{ sourceAs, sourceIsp: spOf(sourceAs), path: pathOf(asPath, spOf) },
  });
  settlement.ledger.book(batch([eventsMessage(0, part)]), binMs);
};
const complete = (timeMs: number): void => {
  settlement.ledger.book(batch([completionMessage(0, { timeMs })], 'agent'), timeMs);
};
const close = async (period: string, nowMs: number) => {
  const { invoices } = await settlement.invoices.closePeriod(period, { issue: true }, { ...operator, nowMs });
  return invoices[0]!;
};
const dropBefore = (timeMs: number): void => {
  while (settlement.ledger.retention.dropHour(timeMs, muchLaterMs) !== undefined);
};
const eventsDropped = { code: 'events-dropped', status: 409 };

describe('a royalty for files over a route, once events are dropped', () => {
  it('of a host that got half of it elsewhere is not said to be wrong', async () => {
    const invoices = await open(onRoute);
    book(october, 500);
    book(october, 500, [64_502]);
    complete(october);
    const { id, netAmount } = await close('2026-10', operator.nowMs);
    expect(netAmount).toBe(0);
    expect(await invoices.explain(id)).toMatchObject({ agrees: true, lines: [{ derived: { quantity: 0 } }] });
    dropBefore(Date.UTC(2026, 10, 1));
    expect(await errorOf(() => invoices.explain(id))).toMatchObject(eventsDropped);
    expect(settlement.check()).toBeUndefined();
  });

  it('of files whose bytes are partly dropped cannot be told, and is neither asked for nor taken back', async () => {
    const invoices = await open(onRoute);
    const [night, morning] = [Date.UTC(2026, 9, 31, 22), Date.UTC(2026, 10, 1, 2)];
    book(night, 500);
    book(morning, 500);
    complete(morning);
    await close('2026-10', operator.nowMs);
    const november = await close('2026-11', Date.UTC(2026, 11, 2));
    expect(november.netAmount).toBe(50);
    dropBefore(Date.UTC(2026, 10, 1));
    expect(await errorOf(() => invoices.explain(november.id))).toMatchObject(eventsDropped);
    expect(await errorOf(() => invoices.credit(november.id, operator))).toMatchObject(eventsDropped);
    expect(settlement.check()).toBeUndefined();
    await invoices.closeDue(Date.UTC(2027, 1, 20));
    const late = invoices
      .list({ limit: 10 })
      .flatMap(({ lines }) => lines.filter(({ kind }) => kind === 'late'));
    expect(late).toEqual([]);
  });

  it('keeps events for a month before what may still be asked for', async () => {
    const invoices = await open(onRoute);
    for (const [month, period] of [
      [10, '2026-10'],
      [11, '2026-11'],
      [12, '2026-12'],
    ] as const)
      await close(period, Date.UTC(2026, month, 2));
    const february = Date.UTC(2027, 1, 20);
    expect(invoices.settledUntilMs(february)).toBe(Date.UTC(2026, 10, 1) - 31 * DAY_MS);
  });
});

it('a royalty for all files is derived as long as its period’s events are kept', async () => {
  const invoices = await open(royalty({}));
  const [night, morning] = [Date.UTC(2026, 9, 31, 22), Date.UTC(2026, 10, 1, 2)];
  book(night, 500);
  book(morning, 500);
  complete(morning);
  await close('2026-10', operator.nowMs);
  const { id } = await close('2026-11', Date.UTC(2026, 11, 2));
  dropBefore(Date.UTC(2026, 10, 1));
  expect(await invoices.explain(id)).toMatchObject({ agrees: true, lines: [{ derived: { amount: 50 } }] });
  dropBefore(Date.UTC(2026, 11, 1));
  expect(await errorOf(() => invoices.explain(id))).toMatchObject(eventsDropped);
});
