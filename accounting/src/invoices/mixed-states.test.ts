import type { Contract } from '@fairhop/shared/model';
import { afterEach, describe, expect, it } from 'vitest';
import { batch, event, eventsMessage, pathOf, spOf, uuid } from '../ledger/test-support.js';
import { createReader, type Reader, type Reading, rowsOf } from '../reading/index.js';
import { readPositions } from './positions.js';
import { contractOf, openTestSettlement, perGb, type TestSettlement } from './test-support.js';
import { createUsageReader } from './usage.js';

const octoberMs = Date.UTC(2026, 9, 1);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const GB = 1_000_000_000;
const operator = { by: 'operator', nowMs: Date.UTC(2026, 10, 2) };

let settlement: TestSettlement;
let reader: Reader;
afterEach(async () => {
  await reader.stop();
  await settlement.remove();
});
const open = async (...contracts: Contract[]) => {
  settlement = await openTestSettlement(...contracts);
  reader = createReader({
    ...{ file: settlement.ledger.database.name, timeoutMs: 20_000, maximumWaiting: 1 },
  });
};

/** What is read of one state of the ledger, with something that is done once the state is fixed. */
const readWhile = async <Result>(doing: () => Promise<unknown>, begin: () => Reading<Result>) => {
  let isDone = false;
  let isFixed = (): void => undefined;
  const fixed = new Promise<void>((resolve) => {
    isFixed = resolve;
  });
  const result = reader.run(function* () {
    do {
      yield* rowsOf({ sql: 'SELECT count(*) FROM events' });
      isFixed();
    } while (!isDone);
    return yield* begin();
  });
  await fixed;
  await doing();
  isDone = true;
  return result;
};

describe('an audit that began before a period was closed', () => {
  it('leaves it for the next one', async () => {
    await open(contractOf([{ charges: perGb('2') }]));
    settlement.book(octoberMs, 3 * GB);
    const close = async () => {
      settlement.book(octoberMs, GB);
      await settlement.invoices.closePeriod('2026-10', {}, operator);
    };
    expect(await readWhile(close, settlement.invoices.check)).toBeUndefined();
    expect(await reader.run(settlement.invoices.check)).toBeUndefined();
    settlement.ledger.database.exec('UPDATE events SET bytes = bytes - 1000000000 WHERE bytes > 1000000000');
    expect(await reader.run(settlement.invoices.check)).toContain('800 is invoiced');
  });
});

describe('what a charge counts', () => {
  it('is that of the state that is read, where hours of it are dropped meanwhile', async () => {
    await open();
    const { ledger } = settlement;
    const hours = 3;
    // More than a block of events each hour, so that dropping hours drops blocks.
    const perHour = 1_100;
    for (let hour = 0; hour < hours; hour += 1) {
      const binMs = octoberMs + hour * HOUR_MS;
      const messages = Array.from({ length: perHour }, (_, index) => {
        const number = hour * perHour + index;
        const one = { kind: 'edge-to-client', source: 'host:edge', binMs, bytes: 1_000 } as const;
        const path = pathOf([64_501, 64_502], spOf);
        return eventsMessage(number, event({ ...one, transferId: uuid(number), path }));
      });
      ledger.book(batch(messages), binMs);
    }
    const usages = createUsageReader(ledger.database);
    const { plan } = perGb('1')[0]!;
    const counted = { usage: {}, plan, fromMs: octoberMs, toMs: octoberMs + DAY_MS, timeZone: 'UTC' };
    const drop = async () => {
      for (let hour = 1; hour < hours; hour += 1)
        expect(ledger.retention.dropHour(octoberMs + 10 * DAY_MS, octoberMs + 200 * DAY_MS)).toMatchObject({
          events: perHour,
        });
    };
    const derived = await readWhile(drop, function* () {
      return yield* usages.derive(counted, yield* readPositions());
    });
    expect(derived).toMatchObject({ events: hours * perHour, quantity: hours * perHour * 1_000 });
  });
});
