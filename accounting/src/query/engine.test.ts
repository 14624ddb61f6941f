import { querySchema } from '@fairhop/shared/contract';
import { BIN_MS, type PathElement } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransferEvent } from '../ledger/event.js';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  completionMessage,
  contentId,
  event,
  eventsMessage,
  openTestLedger,
  pathOf,
  START_MS,
  spOf,
  type TestLedger,
  uuid,
} from '../ledger/test-support.js';
import { createQueryEngine, type KnownNetworks, type QueryEngine } from './index.js';

const graph: KnownNetworks = {
  isp: (id) => (/^sp[1-9]$/i.test(id) ? {} : undefined),
  autonomousSystem: (asn) => (asn >= 64_501 && asn <= 64_509 ? {} : undefined),
  isComponent: (id) => id.startsWith('router:'),
};

let test: TestLedger;
let ledger: Ledger;
let engine: QueryEngine;
beforeEach(async () => {
  test = await openTestLedger();
  ({ ledger } = test);
  engine = createQueryEngine({ ledger, graph: () => graph });
});
afterEach(async () => {
  await test.remove();
});

const ask = (query: object) => engine.ask(querySchema.parse(query));
const book = (...events: TransferEvent[]): void => {
  const first = ledger.eventsAfter(0, 1000).length;
  ledger.book(
    batch(
      events.map((one, index) => eventsMessage(first + index, { ...one, transferId: uuid(first + index) })),
    ),
  );
};
const way = (asPath: number[], changes: Partial<TransferEvent> = {}): TransferEvent => {
  const [source, destination] = [asPath[0]!, asPath.at(-1)!];
  const ends = {
    sourceAs: source,
    sourceIsp: spOf(source),
    destinationAs: destination,
    destinationIsp: spOf(destination),
  };
  return event({ ...ends, path: pathOf(asPath, spOf), ...changes });
};

describe('the five questions', () => {
  beforeEach(() => {
    const noon = START_MS - 6 * 3_600_000;
    book(
      way([64_501, 64_502], { bytes: 1 }),
      way([64_501, 64_502, 64_503], { bytes: 10, owner: 'other', title: 'other/show' }),
      way([64_501, 64_504, 64_502], { bytes: 100, binMs: noon }),
      way([64_502, 64_501], { bytes: 1_000 }),
      way([64_503, 64_502, 64_501], { bytes: 10_000, binMs: noon }),
      way([64_502], { bytes: 100_000 }),
      way([64_501, 64_502], { bytes: 1_000_000, path: null }),
    );
  });

  it('1: bytes that leave SP1 and enter SP2, adjacent or not, in the evening', () => {
    expect(ask({ measure: 'bytes', leaves: 'SP1', enters: 'sp2' })).toMatchObject({
      value: 111,
      unit: 'bytes',
      answeredBy: 'route-hours',
    });
    const evening = { time: { hours: { from: '18:00', to: '00:00' } } };
    expect(ask({ measure: 'bytes', leaves: 'SP1', enters: 'SP2', ...evening }).value).toBe(11);
    const rest = { time: { hours: { from: '00:00', to: '18:00' } } };
    expect(ask({ measure: 'bytes', leaves: 'SP1', enters: 'SP2', ...rest }).value).toBe(100);
    expect(ask({ measure: 'bytes', leaves: 'as:64501', enters: 'as:64502' }).value).toBe(111);
  });

  it('2: of one owner', () => {
    const question = { measure: 'bytes', leaves: 'SP1', enters: 'SP2' };
    expect(ask({ ...question, owner: 'moviestudio' })).toMatchObject({
      value: 101,
      answeredBy: 'owner-route-hours',
    });
    expect(ask({ ...question, title: 'other/show' })).toMatchObject({ value: 10, answeredBy: 'events' });
  });

  it('3: delivered to subscribers of an ISP, unattributed or not', () => {
    expect(ask({ measure: 'bytes', destination: 'SP2', owner: 'moviestudio' }).value).toBe(1_100_101);
  });

  it('5: the difference of both directions', () => {
    const question = { measure: 'difference', leaves: 'SP1', enters: 'SP2', time: { period: '2026-Q4' } };
    expect(ask(question)).toMatchObject({
      value: 111 - 11_000,
      parts: { forward: 111, backward: 11_000 },
      fromMs: Date.UTC(2026, 9, 1),
      toMs: Date.UTC(2027, 0, 1),
    });
    expect(ask({ ...question, time: { period: '2026-10' } }).value).toBe(0);
    expect(ask({ ...question, groupBy: ['owner'] }).rows).toEqual([
      { key: { owner: 'other' }, value: 10 },
      { key: { owner: 'moviestudio' }, value: 101 - 11_000 },
    ]);
  });

  it('gives the largest rows within the limit, of a whole that is not limited', () => {
    const result = ask({ measure: 'bytes', groupBy: ['sourceIsp', 'destinationIsp'], limit: 2 });
    expect(result.value).toBe(1_111_111);
    expect(result.rows).toEqual([
      { key: { sourceIsp: 'sp1', destinationIsp: 'sp2' }, value: 1_000_101 },
      { key: { sourceIsp: 'sp2', destinationIsp: 'sp2' }, value: 100_000 },
    ]);
  });
});

describe('4: files that a host received', () => {
  const complete = (sequence: number, changes: object = {}) =>
    completionMessage(sequence, { timeMs: START_MS + 1, ...changes });
  const files = (changes: object = {}) =>
    ask({ measure: 'files', destinationHost: 'host:downloader', owner: 'moviestudio', ...changes });

  it('count once they are complete and their bytes accounted, by whatever way these came', () => {
    book(event({ bytes: 600 }));
    ledger.book(batch([complete(1)], 'agent'));
    expect(files()).toMatchObject({ value: 0, files: [] });
    book(event({ bytes: 399, source: 'host:edge', kind: 'edge-to-client' }));
    expect(files().value).toBe(0);
    book(event({ bytes: 1, part: 7 }));
    expect(files()).toMatchObject({
      value: 1,
      unit: 'files',
      files: [
        {
          title: 'moviestudio/film.mp4',
          contentId: contentId('film'),
          sizeBytes: 1_000,
          completedMs: START_MS + 1,
        },
      ],
    });
    expect(files({ time: { toMs: START_MS } }).value).toBe(0);
    expect(files({ time: { fromMs: START_MS, hours: { from: '18:00', to: '19:00' } } }).value).toBe(1);
    expect(files({ time: { hours: { from: '19:00', to: '18:00' } } }).value).toBe(0);
    expect(files({ destinationHost: 'host:stranger' }).value).toBe(0);
    expect(ask({ measure: 'files', groupBy: ['title', 'day'] }).rows).toEqual([
      { key: { title: 'moviestudio/film.mp4', day: '2026-11-20' }, value: 1 },
    ]);
  });

  it('count when they were complete first, whichever of several completions arrives first', () => {
    book(event({ bytes: 1_000 }));
    for (const [sequence, timeMs] of [START_MS + 9, START_MS + 1, START_MS + 5].entries())
      ledger.book(batch([complete(sequence, { timeMs })], 'agent'));
    expect(files()).toMatchObject({ value: 1, files: [{ completedMs: START_MS + 1 }] });
    expect(files({ time: { fromMs: START_MS + BIN_MS } }).value).toBe(0);
    ledger.book(batch([complete(3, { timeMs: START_MS - BIN_MS })], 'agent'));
    expect(files({ time: { fromMs: START_MS } }).value).toBe(0);
    expect(files({ time: { toMs: START_MS } }).value).toBe(1);
  });

  it('are listed up to the limit, and how many there are beside is told', () => {
    for (const [sequence, name] of ['a', 'b', 'c'].entries()) {
      const file = { title: `moviestudio/${name}`, contentId: contentId(name) };
      book(event({ bytes: 1_000, ...file }));
      ledger.book(batch([complete(sequence + 1, { ...file, timeMs: START_MS + sequence })], 'agent'));
    }
    const { value, files: listed, otherFiles } = files({ limit: 2 });
    expect([value, listed?.map(({ title }) => title), otherFiles]).toEqual([
      3,
      ['moviestudio/a', 'moviestudio/b'],
      1,
    ]);
    expect(files()).not.toHaveProperty('otherFiles');
  });

  it('do not count without a completion, or with one that makes the file smaller', () => {
    book(event({ bytes: 500 }), event({ bytes: 1_000, contentId: contentId('b'), title: 'moviestudio/b' }));
    ledger.book(batch([complete(1, { sizeBytes: 500 })], 'agent'));
    expect(files().value).toBe(0);
  });
});

describe('rates between two networks', () => {
  const hourMs = 3_600_000;
  const bin = (index: number): number => START_MS + index * BIN_MS;
  const day = { fromMs: START_MS, toMs: START_MS + 24 * hourMs };
  const link = (from: number, to: number): string[] => [`link:as:${from}>as:${to}`];
  beforeEach(() => {
    // 288 bins of the day: the percentile is the 15th. Two links of a bundle share each bin.
    const bundle = Array.from({ length: 15 }, (_, index) => [
      way([64_501, 64_502], { bytes: 300 * (index + 1), binMs: bin(index), part: index }),
      way([64_504, 64_505], {
        bytes: 3_000,
        binMs: bin(index),
        path: pathOf([64_501, 64_503, 64_502], spOf),
      }),
    ]).flat();
    const back = Array.from({ length: 20 }, (_, index) =>
      way([64_502, 64_501], { bytes: 30_000, binMs: bin(100 + index) }),
    );
    book(...bundle, ...back);
  });

  it('have the bin of the definition, with the links of a bundle added before', () => {
    const question = { measure: 'percentile95', leaves: 'sp1', enters: 'sp2', time: day };
    expect(ask(question)).toMatchObject({
      value: (3_300 * 8) / 300,
      unit: 'bitsPerSecond',
      rate: { bins: 288, rank: 15, bytes: 3_300 },
      answeredBy: 'route-hours',
    });
    expect(ask({ ...question, direction: 'backward' }).value).toBe(800);
    expect(ask({ ...question, direction: 'larger' })).toMatchObject({
      value: 800,
      parts: { forward: 88, backward: 800 },
    });
    expect(ask({ ...question, direction: 'sum' }).value).toBe(800);
    // One bin more that is empty makes no difference, twelve more make it the 16th bin.
    const longer = { fromMs: START_MS, toMs: START_MS + 26 * hourMs };
    expect(ask({ ...question, time: longer })).toMatchObject({ value: 0, rate: { bins: 312, rank: 16 } });
    expect(ask({ ...question, measure: 'averageRate' }).rate).toEqual({ bins: 288, bytes: 81_000 });
    expect(ask({ ...question, measure: 'maximumRate', time: {} }).rate).toEqual({ bins: null, bytes: 7_500 });
  });

  it('are those of one link too, either way', () => {
    const question = { measure: 'maximumRate', crosses: link(64_501, 64_502) };
    expect(ask(question).rate).toMatchObject({ bytes: 4_500 });
    expect(ask({ ...question, direction: 'backward' }).rate).toMatchObject({ bytes: 30_000 });
    // Each byte would be in the sum twice.
    for (const other of [link(64_502, 64_501), ['as:64501']]) {
      const both = { ...question, crosses: [...question.crosses, ...other], direction: 'sum' };
      expect(() => ask(both)).toThrow(expect.objectContaining({ code: 'query-invalid' }));
    }
    expect(ask({ measure: 'bytes', crosses: [...link(64_501, 64_502), ...link(64_501, 64_503)] }).value).toBe(
      81_000,
    );
  });

  it('are those of one peering link or internal link too, either way', () => {
    const declared = (component: string): PathElement => ({
      component,
      source: 'declared',
      confidence: 100,
      billable: true,
    });
    const over = (from: number, to: number, inside: string, bytes: number): TransferEvent =>
      way([from, to], {
        bytes,
        path: pathOf([from, to], spOf, {
          [`as:${from}`]: [declared(inside)],
          [`link:as:${from}>as:${to}`]: [declared(`peering:as:${from}>as:${to}/p1`)],
        }),
      });
    book(over(64_506, 64_507, 'internal:r1>r2', 300), over(64_507, 64_506, 'internal:r2>r1', 600));
    const question = { measure: 'maximumRate', direction: 'backward' };
    for (const crossed of ['peering:as:64506>as:64507/P1', 'internal:r1>r2'])
      expect(ask({ ...question, crosses: [crossed] }).rate).toMatchObject({ bytes: 600 });
    const both = ['peering:as:64506>as:64507/p1', 'as:64507', 'internal:r1>r2', 'isp:SP7'];
    expect(ask({ measure: 'bytes', crosses: both }).value).toBe(900);
    expect(ask({ measure: 'bytes', crosses: [both[0]] }).value).toBe(300);
    expect(() => ask({ ...question, crosses: ['router:r1'] })).toThrow(
      expect.objectContaining({ code: 'query-invalid' }),
    );
  });

  it('are of what may be billed, unless what only traceroutes tell is asked for too', () => {
    const seen = (component: string): PathElement => ({
      component,
      source: 'traceroute',
      confidence: 60,
      billable: false,
    });
    const [peering, router] = ['peering:as:64506>as:64507/p1', 'router:r1'];
    const forged = pathOf([64_506, 64_507], spOf, {
      'as:64506': [seen(router)],
      'link:as:64506>as:64507': [seen(peering)],
    });
    book(way([64_506, 64_507], { bytes: 300, path: forged }));
    const time = { fromMs: START_MS, toMs: START_MS + 600_000 };
    for (const measure of ['bytes', 'percentile95', 'maximumRate', 'averageRate']) {
      for (const crosses of [[peering], [router]]) {
        expect(ask({ measure, crosses, time })).toMatchObject({ value: 0, answeredBy: 'nothing-matches' });
        expect(ask({ measure, crosses, time, billable: 'any' }).value).toBeGreaterThan(0);
      }
    }
    const components = (billable: string) =>
      ask({ measure: 'bytes', source: 'sp6', groupBy: ['component'], billable }).rows.map(
        ({ key }) => key['component'],
      );
    expect(components('yes')).toEqual([
      'as:64506',
      'as:64507',
      'isp:sp6',
      'isp:sp7',
      'link:as:64506>as:64507',
    ]);
    expect(components('any')).toEqual([...components('yes'), peering, router]);
  });

  it('need both ends of time', () => {
    for (const measure of ['percentile95', 'averageRate']) {
      const refused = expect.objectContaining({ code: 'query-invalid', status: 400 });
      expect(() => ask({ measure, time: { fromMs: START_MS } })).toThrow(refused);
      expect(() => ask({ measure, time: { fromMs: 0, toMs: START_MS } })).toThrow(refused);
    }
  });
});

describe('what an answer tells of itself', () => {
  it('counts the rows that were read, only when asked', () => {
    book(
      way([64_501, 64_502]),
      way([64_501, 64_503]),
      way([64_501, 64_502], { binMs: START_MS + 3_600_000 }),
    );
    const question = { measure: 'bytes', leaves: 'sp1', enters: 'sp2' };
    expect(ask(question).explanation).toBeUndefined();
    expect(ask({ ...question, explain: true }).explanation).toEqual([{ rollup: 'route-hours', rowsRead: 2 }]);
    expect(ask({ ...question, title: 'moviestudio/film.mp4', explain: true }).explanation).toEqual([
      { rollup: 'events', rowsRead: 3 },
    ]);
    expect(ask({ ...question, destination: 'sp9', explain: true })).toMatchObject({
      answeredBy: 'nothing-matches',
      explanation: [],
    });
  });

  it('counts hosts once, in each group that they are in', () => {
    book(
      way([64_501, 64_502], { destination: 'host:a' }),
      way([64_501, 64_502], { destination: 'host:a', binMs: START_MS + 24 * 3_600_000 }),
      way([64_501, 64_502], { destination: 'host:b' }),
    );
    expect(ask({ measure: 'hosts', groupBy: ['day'], limit: 1 })).toMatchObject({
      value: 2,
      unit: 'hosts',
      rows: [{ key: { day: '2026-11-20' }, value: 2 }],
      other: { groups: 1, value: null },
      rowsAddUp: false,
    });
  });
});

describe('what is not known', () => {
  it.each([
    [{ measure: 'bytes', leaves: 'sp77' }, 'network-unknown', 404],
    [{ measure: 'bytes', destination: 'as:1' }, 'network-unknown', 404],
    [{ measure: 'bytes', crosses: ['as:1'] }, 'component-unknown', 404],
    [{ measure: 'bytes', crosses: ['isp:sp77'] }, 'component-unknown', 404],
    [{ measure: 'bytes', crosses: ['switch:sw1.sp1.example'] }, 'component-unknown', 404],
    [{ measure: 'bytes', crosses: ['link:as:64501>as:1'] }, 'component-unknown', 404],
    [{ measure: 'bytes', category: 'videos' }, 'category-unknown', 404],
    [{ measure: 'bytes', leaves: 'sp1', direction: 'larger' }, 'query-invalid', 400],
    [{ measure: 'maximumRate', owner: 'moviestudio', direction: 'sum' }, 'query-invalid', 400],
    [
      { measure: 'maximumRate', leaves: 'sp1', direction: 'larger', groupBy: ['sourceAs'] },
      'query-invalid',
      400,
    ],
    [{ measure: 'files', attributed: 'yes' }, 'query-invalid', 400],
    [{ measure: 'bytes', owner: 'nobody' }, 'owner-unknown', 404],
    [{ measure: 'files', title: 'nobody/nothing' }, 'title-unknown', 404],
    [{ measure: 'difference', leaves: 'sp1' }, 'query-invalid', 400],
    [{ measure: 'difference', leaves: 'sp1', enters: 'sp2', groupBy: ['sourceIsp'] }, 'query-invalid', 400],
    [{ measure: 'files', leaves: 'sp1' }, 'query-invalid', 400],
    [{ measure: 'files', groupBy: ['kind'] }, 'query-invalid', 400],
    [{ measure: 'bytes', time: { fromMs: 1 } }, 'query-invalid', 400],
    [{ measure: 'bytes', time: { fromMs: BIN_MS, toMs: 0 } }, 'query-invalid', 400],
    [{ measure: 'bytes', time: { period: '2026-11', toMs: 0 } }, 'query-invalid', 400],
    [{ measure: 'bytes', time: { period: '1969' } }, 'query-invalid', 400],
  ])('%o is refused', (query, code, status) => {
    book(event());
    expect(() => ask(query)).toThrow(expect.objectContaining({ code, status }));
  });

  it('is another thing than a network of the graph without traffic', () => {
    expect(ask({ measure: 'bytes', leaves: 'sp1', enters: 'sp9' })).toMatchObject({ value: 0, rows: [] });
    book(event());
    expect(ask({ measure: 'bytes', leaves: 'SP9' }).value).toBe(0);
  });

  it('stops at sums that would not be exact', () => {
    book(event({ bytes: Number.MAX_SAFE_INTEGER }));
    book(event({ bytes: 1, part: 1 }));
    expect(() => ask({ measure: 'bytes' })).toThrow(expect.objectContaining({ code: 'sum-beyond-limit' }));
    expect(ask({ measure: 'events' }).value).toBe(2);
  });
});
