import { setImmediate as nextTurn } from 'node:timers/promises';
import { querySchema } from '@fairhop/shared/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { audit, auditLedger } from '../audit/index.js';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  event,
  eventsMessage,
  openTestLedger,
  type TestLedger,
  uuid,
} from '../ledger/test-support.js';
import { createQueryEngine } from '../query/index.js';
import { createReader, type Reader } from './reader.js';
import { type Reading, rowsOf } from './reading.js';

/** Counts to more than any machine does while a test runs, in steps of some milliseconds. */
const count =
  'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT max(i) AS i FROM n';

let test: TestLedger;
let ledger: Ledger;
let reader: Reader;
const open = (changes: Partial<Parameters<typeof createReader>[0]> = {}): Reader =>
  createReader({ file: test.file, timeoutMs: 20_000, maximumWaiting: 4, ...changes });
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
  reader = open();
  ledger.book(batch([eventsMessage(1, event())]));
});
afterEach(async () => {
  await reader.stop();
  await test.remove();
});

const countEvents = (): Reading<number> =>
  (function* () {
    const [row] = yield* rowsOf<{ events: number }>({ sql: 'SELECT count(*) AS events FROM events' });
    return row!.events;
  })();
function* endless(): Reading<never> {
  for (;;) yield* rowsOf({ sql: count });
}
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );

describe('a reader beside the service', () => {
  it('gives what the ledger itself gives', async () => {
    const known = { isp: () => true, autonomousSystem: () => true, isComponent: () => true };
    const engine = createQueryEngine({ ledger, graph: () => known });
    for (const query of [
      { measure: 'bytes', groupBy: ['sourceIsp', 'title'] },
      { measure: 'events', destinationHost: 'host:downloader' },
      { measure: 'files' },
      { measure: 'difference', leaves: 'sp1', enters: 'sp2' },
    ].map((stated) => querySchema.parse(stated))) {
      expect(await reader.run(() => engine.answer(query))).toEqual(engine.ask(query));
    }
    expect(await reader.run(audit)).toEqual(auditLedger(ledger.database));
  });

  it('sees one state of the ledger from its first step to its last', async () => {
    const seen = await reader.run(function* () {
      const before = yield* countEvents();
      ledger.book(batch([eventsMessage(2, event({ transferId: uuid(2) }))]));
      return [before, yield* countEvents()];
    });
    expect(seen).toEqual([1, 1]);
    expect(await reader.run(countEvents)).toBe(2);
  });

  it('lets the service go on meanwhile', async () => {
    const ended = codeOf(reader.run(endless));
    for (let sequence = 2; sequence < 20; sequence += 1) {
      expect(ledger.book(batch([eventsMessage(sequence, event({ part: sequence }))])).accepted).toBe(1);
      await nextTurn();
    }
    await reader.stop();
    expect(await ended).toBe('reader-stopped');
  });

  it('reads in turns, refuses more than may wait, and stops all of them', async () => {
    const first = codeOf(reader.run(endless));
    const waiting = Array.from({ length: 4 }, () => codeOf(reader.run(countEvents)));
    expect(await codeOf(reader.run(countEvents))).toBe('readings-overloaded');
    await reader.stop();
    expect(await Promise.all([first, ...waiting])).toEqual(new Array(5).fill('reader-stopped'));
    expect(await codeOf(reader.run(countEvents))).toBe('reader-stopped');
  });

  it('ends what takes too long, and reads on', async () => {
    const patient = open({ timeoutMs: 3_000 });
    expect(await codeOf(patient.run(endless))).toBe('reading-timeout');
    // On a busy machine this may take too long itself.
    await expect.poll(() => patient.run(countEvents).catch(() => undefined)).toBe(1);
    await patient.stop();
  });

  it('gives many rows in pages, in their order, and leaves those that are not wanted', async () => {
    const sql =
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n';
    const all = await reader.run(() => rowsOf<{ i: number }>({ sql }));
    expect(all.map(({ i }) => i)).toEqual(Array.from({ length: 20_000 }, (_, index) => index + 1));
    const first = await reader.run(function* () {
      return (yield { sql }).isLast;
    } as () => Reading<boolean>);
    expect(first).toBe(false);
    expect(await reader.run(countEvents)).toBe(1);
  });

  it('tells what is wrong with a statement to the reading, and reads on', async () => {
    function* wrong(): Reading<never> {
      yield* rowsOf({ sql: 'SELECT * FROM nowhere' });
      throw new Error('not reached');
    }
    expect(await codeOf(reader.run(wrong))).toBe('no such table: nowhere');
    expect(await reader.run(countEvents)).toBe(1);
  });

  it('cannot write', async () => {
    function* writing(): Reading<unknown> {
      return yield* rowsOf({ sql: 'DELETE FROM events RETURNING id' });
    }
    expect(await codeOf(reader.run(writing))).toMatch(/readonly/);
  });
});
