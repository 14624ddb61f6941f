import { BIN_MS } from '@fairhop/shared/model';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { batch, event, eventsMessage, pathOf, START_MS, spOf, uuid } from '../ledger/test-support.js';
import { readHere } from '../reading/index.js';
import { startTestNetworks, type TestNetworks } from './fixture.js';
import { segmentsOf } from './object-segments.js';
import { readObjectBytes } from './read-object-bytes.js';

const HOUR_MS = 12 * BIN_MS;
const link = 'link:as:64501>as:64502';
const back = 'link:as:64502>as:64501';

let test: TestNetworks;
beforeEach(async () => {
  test = await startTestNetworks();
});
afterEach(() => test.stop());
const params = { id: 'sp1-to-sp2' };
const put = (components: string[], fromMs?: number) =>
  test.client.putObject({
    params,
    body: { name: 'SP1 to SP2', components, ...(fromMs !== undefined && { fromMs }) },
  });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

describe('accounting objects', () => {
  it('keep from when to when each component was part of them', async () => {
    await put([link, 'as:64501'], START_MS);
    const changed = await put([back, 'as:64501', back], START_MS + 10);
    expect(changed).toEqual({
      id: 'sp1-to-sp2',
      name: 'SP1 to SP2',
      createdMs: START_MS,
      closedMs: null,
      entities: [
        { component: 'as:64501', fromMs: START_MS, toMs: null },
        { component: link, fromMs: START_MS, toMs: START_MS + 10 },
        { component: back, fromMs: START_MS + 10, toMs: null },
      ],
    });
    expect(await put([back, 'as:64501'], START_MS + 10)).toEqual(changed);
    await test.restart();
    expect(await test.client.getObject({ params })).toEqual(changed);
    const of = async (component: string) =>
      (await test.client.listObjects({ query: { component } })).objects.map(({ id }) => id);
    expect([await of(link), await of(back), await of('as:64510')]).toEqual([
      ['sp1-to-sp2'],
      ['sp1-to-sp2'],
      [],
    ]);
    expect((await test.client.getComponent({ params: { component: link } })).objects).toEqual(['sp1-to-sp2']);
    expect((await test.client.listObjects({ query: {} })).objects).toEqual([changed]);
  });

  it('forget what was corrected in the moment that it was said', async () => {
    await put([link], START_MS);
    await put([back], START_MS);
    expect((await put([link], START_MS)).entities).toEqual([
      { component: link, fromMs: START_MS, toMs: null },
    ]);
    await put([], START_MS + 5);
    expect((await put([link], START_MS + 5)).entities).toEqual([
      { component: link, fromMs: START_MS, toMs: null },
    ]);
  });

  it('are written forwards, and end when they are closed', async () => {
    await put([link], START_MS + 10);
    expect(await codeOf(put([back], START_MS + 9))).toBe('object-out-of-order');
    expect(await codeOf(test.client.closeObject({ params, query: { atMs: START_MS + 9 } }))).toBe(
      'object-out-of-order',
    );
    const closed = await test.client.closeObject({ params, query: { atMs: START_MS + 20 } });
    expect(closed).toMatchObject({ closedMs: START_MS + 20, entities: [{ toMs: START_MS + 20 }] });
    expect(await test.client.closeObject({ params, query: {} })).toEqual(closed);
    expect(await codeOf(put([link], START_MS + 30))).toBe('object-closed');
    const unknown = { id: 'none' };
    expect(await codeOf(test.client.closeObject({ params: unknown, query: {} }))).toBe('object-unknown');
    expect(await codeOf(test.client.measureObject({ params: unknown, query: {} }))).toBe('object-unknown');
    expect(await codeOf(put(['nonsense']))).toBe('invalid-request');
  });
});

describe('bytes of an accounting object', () => {
  const paths = { forward: pathOf([64501, 64502], spOf), backward: pathOf([64502, 64501], spOf) };

  it('are those that crossed a component while it was part; what crossed several counts once', async () => {
    const book = (number: number, changes: object) =>
      test.ledger.book(batch([eventsMessage(number, event({ transferId: uuid(number), ...changes }))]));
    const at = (startMs: number) => ({
      binMs: startMs - (startMs % BIN_MS),
      startMs,
      endMs: startMs + 1_000,
    });
    book(1, { bytes: 1, ...at(START_MS) });
    book(2, { bytes: 10, ...at(START_MS + BIN_MS + 1) });
    book(3, { bytes: 100, ...at(START_MS + 3 * HOUR_MS) });
    book(4, { bytes: 1_000, ...at(START_MS + 3 * HOUR_MS), path: paths.backward });
    await put([link, 'as:64501', 'as:64502', 'isp:sp1'], START_MS);
    const bytes = async (query: object = {}) => (await test.client.measureObject({ params, query })).bytes;
    expect(await test.client.measureObject({ params, query: {} })).toEqual({ bytes: 1_111, events: 4 });
    await put([link], START_MS + HOUR_MS);
    expect(await bytes()).toBe(111);
    expect(await bytes({ fromMs: START_MS + 1 })).toBe(110);
    expect(await bytes({ fromMs: START_MS + BIN_MS + 1, toMs: START_MS + BIN_MS + 2 })).toBe(10);
    expect(await bytes({ toMs: START_MS + 3 * HOUR_MS })).toBe(11);
    expect(await codeOf(bytes({ fromMs: 5, toMs: 5 }))).toBe('time-empty');
    await put(['host:downloader'], START_MS + 2 * HOUR_MS);
    expect(await bytes()).toBe(1_111);
    await put([], START_MS + 2 * HOUR_MS);
    expect(await bytes()).toBe(11);
  });

  it('leave out what only a traceroute puts on a path', async () => {
    const peering = 'peering:as:64501>as:64502/p1';
    const over = (billable: boolean) =>
      pathOf([64501, 64502], spOf, {
        [link]: [
          { component: peering, source: billable ? 'declared' : 'traceroute', confidence: 60, billable },
        ],
      });
    const book = (number: number, bytes: number, billable: boolean) =>
      test.ledger.book(
        batch([eventsMessage(number, event({ transferId: uuid(number), bytes, path: over(billable) }))]),
      );
    book(1, 1, true);
    book(2, 10, false);
    await put([peering], START_MS - HOUR_MS);
    // Once from whole hours, once from events.
    expect(await test.client.measureObject({ params, query: {} })).toEqual({ bytes: 1, events: 1 });
    const shortly = { fromMs: START_MS, toMs: START_MS + BIN_MS };
    expect(await test.client.measureObject({ params, query: shortly })).toEqual({ bytes: 1, events: 1 });
    await put([peering, link], START_MS - HOUR_MS);
    expect((await test.client.measureObject({ params, query: {} })).bytes).toBe(11);
  });

  it('are the same as those counted one event after another', () => {
    const timeMs = fc.integer({ min: 0, max: 4 * HOUR_MS }).map((offset) => START_MS + offset);
    const some = fc.record({
      startMs: timeMs,
      way: fc.constantFrom('forward' as const, 'backward' as const, 'unknown' as const),
      source: fc.constantFrom('host:a', 'host:b'),
      bytes: fc.integer({ min: 1, max: 1_000 }),
    });
    const entity = fc.record({
      component: fc.constantFrom(link, back, 'as:64501', 'host:a', 'isp:sp2', 'as:64510'),
      fromMs: timeMs,
      toMs: fc.option(timeMs),
    });
    let sequence = 0;
    const booked: { startMs: number; crosses: readonly string[]; bytes: number }[] = [];
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 8 }),
        fc.array(entity, { maxLength: 6 }),
        fc.tuple(timeMs, timeMs),
        (events, entities, ends) => {
          for (const { startMs, way, source, bytes } of events) {
            sequence += 1;
            const path = way === 'unknown' ? null : paths[way];
            const binMs = startMs - (startMs % BIN_MS);
            const made = event({
              transferId: uuid(sequence),
              binMs,
              startMs,
              endMs: startMs,
              source,
              bytes,
              path,
            });
            expect(test.ledger.book(batch([eventsMessage(sequence, made)])).accepted).toBe(1);
            const crosses = [...(path?.elements.map(({ component }) => component) ?? []), source];
            booked.push({ startMs, crosses, bytes });
          }
          const [fromMs, toMs] = [Math.min(...ends), Math.max(...ends)];
          // Of one component, times that do not overlap: as the store keeps them.
          const kept = entities.filter(
            ({ component, toMs: endMs, fromMs: beginMs }, index) =>
              (endMs === null || beginMs < endMs) &&
              entities.findIndex((other) => other.component === component) === index,
          );
          const counted = booked.filter(
            ({ startMs, crosses }) =>
              fromMs <= startMs &&
              startMs < toMs &&
              kept.some(
                (one) =>
                  crosses.includes(one.component) &&
                  one.fromMs <= startMs &&
                  startMs < (one.toMs ?? Infinity),
              ),
          );
          const segments = segmentsOf(kept, { fromMs, toMs });
          expect(readHere(test.ledger.database, () => readObjectBytes(segments))).toEqual({
            bytes: counted.reduce((sum, { bytes }) => sum + bytes, 0),
            events: counted.length,
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});
