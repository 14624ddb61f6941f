import {
  dayOfWeekSchema,
  queryDimensionSchema,
  queryMeasureSchema,
  querySchema,
} from '@fairhop/shared/contract';
import { BIN_MS, beliefSchema, type PathElement, transferKindSchema } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import type { Ledger } from '../ledger/ledger.js';
import {
  batch,
  contentId,
  event,
  eventsMessage,
  openTestLedger,
  pathOf,
  peerMessage,
  START_MS,
  statementMessage,
  uuid,
} from '../ledger/test-support.js';
import { scan, type TransferEvent } from './brute-force.test-support.js';
import { createQueryEngine, type KnownNetworks } from './index.js';

const graph: KnownNetworks = { isp: () => true, autonomousSystem: () => true, isComponent: () => true };

const sumOf = (rows: readonly { value: number }[]): number => rows.reduce((sum, row) => sum + row.value, 0);

describe('any question', () => {
  const zones = [
    'UTC',
    'Europe/London',
    'America/New_York',
    'Asia/Kolkata',
    'Asia/Kathmandu',
    'Australia/Lord_Howe',
    'America/St_Johns',
  ];
  // Around the changes of clocks in Europe, America and on Lord Howe Island.
  const anchors = [Date.UTC(2026, 9, 25), Date.UTC(2026, 10, 1), Date.UTC(2026, 3, 5), Date.UTC(2026, 2, 29)];
  const minute = fc
    .nat(287)
    .map(
      (bin) => `${String(Math.floor(bin / 12)).padStart(2, '0')}:${String((bin % 12) * 5).padStart(2, '0')}`,
    );
  const hour = fc.nat(23).map((value) => `${String(value).padStart(2, '0')}:00`);
  const asn = fc.integer({ min: 64_501, max: 64_506 });
  // Two ASes for each ISP, and one AS of none.
  const ispOf = (value: number): string | null =>
    value === 64_506 ? null : `sp${Math.ceil((value - 64_500) / 2)}`;
  /** Ends in AS 64503 are in one city, those in 64501 in a region; in other places than that, some paths pass another one. */
  const placeOfAs: Record<number, string> = {
    64503: 'place:us/ca/sanjose',
    64501: 'place:us/ny',
    64502: 'place:pt',
  };
  const placesOf = (asPath: readonly number[]) => {
    const [sourcePlace, destinationPlace] = [placeOfAs[asPath[0]!], placeOfAs[asPath.at(-1)!]];
    return { ...(sourcePlace && { sourcePlace }), ...(destinationPlace && { destinationPlace }) };
  };
  const placeNames = (asPath: readonly number[]): string[] => {
    const ends = Object.values(placesOf(asPath));
    return [
      ...new Set([...ends, ...(asPath.includes(64_504) ? ['place:us/ca/losangeles', 'place:fr'] : [])]),
    ];
  };
  /** Inside of an AS and beside a link, for some of them; both ways a link is the same peering. */
  const detailOf = (asPath: readonly number[]) => {
    const seen = (component: string): PathElement => ({
      component,
      source: 'declared',
      confidence: 90,
      billable: component.startsWith('peering:'),
    });
    const detail: Record<string, PathElement[]> = {
      'as:64502': [seen('router:r1'), seen('internal:r1>sw1'), seen('switch:sw1')],
      end: placeNames(asPath).map(seen),
    };
    for (const [index, to] of asPath.entries()) {
      const from = asPath[index - 1];
      if (from === undefined || (from + to) % 3 !== 0) continue;
      detail[`link:as:${from}>as:${to}`] = [seen(`peering:as:${from}>as:${to}/p1`), seen('ixp:xlan')];
    }
    return detail;
  };
  const binMs = fc
    .record({ anchor: fc.constantFrom(...anchors), bin: fc.integer({ min: -400, max: 400 }) })
    .map(({ anchor, bin }) => anchor + bin * BIN_MS);
  const owner = fc.constantFrom('alpha', 'beta');
  const anyEvent = fc
    .record({
      asPath: fc.uniqueArray(asn, { minLength: 1, maxLength: 5 }),
      isAttributed: fc.boolean(),
      binMs,
      owner,
      name: fc.constantFrom('a', 'b'),
      bytes: fc.nat(1_000_000),
      kind: fc.constantFrom(...transferKindSchema.options),
      source: fc.constantFrom('host:x', 'host:u', 'host:v'),
      destination: fc.constantFrom('host:x', 'host:y'),
      category: fc.constantFrom('video', 'live'),
      fromBytes: fc.nat(500_000),
      sentBytes: fc.option(fc.nat(1_500_000)),
      isLast: fc.boolean(),
      isHeldLong: fc.boolean(),
    })
    .map(({ asPath, isAttributed, name, owner: ownerName, sentBytes, isLast, isHeldLong, ...rest }) => {
      const { fromBytes: _, ...others } = rest;
      const facts = rest.kind === 'client-to-client' ? rest : others;
      const [source, destination] = [asPath[0]!, asPath.at(-1)!];
      const booked = event({
        ...facts,
        owner: ownerName,
        title: `${ownerName}/${name}`,
        contentId: contentId(`${ownerName}/${name}`),
        sourceAs: source,
        sourceIsp: ispOf(source),
        destinationAs: destination,
        destinationIsp: ispOf(destination),
        path: isAttributed ? pathOf(asPath, ispOf, detailOf(asPath), placesOf(asPath)) : null,
      });
      return { booked, said: { sentBytes, isLast, isHeldLong } };
    });
  type Told = typeof anyEvent extends fc.Arbitrary<infer Value> ? Value : never;

  /** What both sides said makes of an event; what stays open is dropped where it was booked a month ago. */
  const piecesOf = ({ booked, said: { sentBytes, isLast, isHeldLong } }: Told): TransferEvent[] => {
    const { fromBytes, bytes } = booked;
    if (fromBytes === undefined) return [{ ...booked, belief: 'edge' }];
    const endBytes = fromBytes + bytes;
    const settled = Math.max(0, Math.min(sentBytes ?? 0, endBytes) - fromBytes);
    const isLess = sentBytes !== null && isLast && sentBytes < endBytes;
    const open = isHeldLong ? 'dropped' : isLess ? 'disputed' : 'claimed';
    return [
      { ...booked, bytes: settled, belief: 'settled' },
      { ...booked, bytes: bytes - settled, belief: open },
    ];
  };
  const bookAll = (ledger: Ledger, told: readonly Told[]): Told[] => {
    const named = told.map((one, index) => ({ ...one, booked: { ...one.booked, transferId: uuid(index) } }));
    const nowMs = START_MS + 86_400_000;
    for (const isHeldLong of [true, false]) {
      const messages = named
        .filter(({ said }) => said.isHeldLong === isHeldLong)
        .flatMap(({ booked, said: { sentBytes, isLast } }) => {
          if (booked.fromBytes === undefined) return [eventsMessage(0, booked)];
          if (sentBytes === null) return [peerMessage(0, booked)];
          return [peerMessage(0, booked), statementMessage(0, booked, { sentBytes, isLast })];
        })
        .map((message, index) => ({ ...message, sequence: index }));
      const bookedMs = isHeldLong ? nowMs - 30 * 86_400_000 : nowMs;
      ledger.book(batch(messages, isHeldLong ? 'before' : 'now'), bookedMs);
    }
    ledger.beliefs.review(nowMs, 1_000);
    return named;
  };
  const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
  const network = fc.oneof(
    fc.constantFrom('sp1', 'SP2', 'sp3', 'sp4'),
    asn.map((value) => `as:${value}`),
  );
  const time = fc.record(
    {
      fromMs: binMs,
      durationMs: fc.nat(3_000).map((bins) => bins * BIN_MS),
      days: maybe(fc.uniqueArray(fc.constantFrom(...dayOfWeekSchema.options), { minLength: 1 })),
      hours: maybe(fc.record({ from: fc.oneof(hour, minute), to: fc.oneof(hour, minute) })),
      period: maybe(fc.constantFrom('2026-11', '2026-10', '2026-Q4', '2026-Q2', '2026-04')),
      timeZone: fc.constantFrom(...zones),
      isBounded: fc.boolean(),
    },
    { requiredKeys: ['fromMs', 'durationMs', 'timeZone', 'isBounded'] },
  );
  const rates = ['averageRate', 'maximumRate', 'percentile95'];
  const component = fc.oneof(
    fc.constantFrom('isp:SP1', 'isp:sp3'),
    asn.map((value) => `as:${value}`),
    fc.tuple(asn, asn).map(([from, to]) => `link:as:${from}>as:${to}`),
    fc.tuple(asn, asn).map(([from, to]) => `peering:as:${from}>as:${to}/p1`),
    fc.constantFrom('router:r1', 'switch:SW1', 'internal:r1>sw1', 'ixp:xlan'),
  );
  const place = fc.constantFrom('place:us', 'place:us/ca', 'place:us/ca/sanjose', 'place:pt', 'place:us/c');
  const anyQuery = fc
    .record({
      measure: fc.constantFrom(...queryMeasureSchema.exclude(['files']).options),
      direction: fc.constantFrom('forward', 'backward', 'larger', 'sum'),
      leaves: maybe(network),
      enters: maybe(network),
      crosses: maybe(fc.uniqueArray(component, { minLength: 1, maxLength: 3 })),
      billable: fc.constantFrom('yes', 'any'),
      place: maybe(place),
      sourcePlace: maybe(place),
      destinationPlace: maybe(place),
      placeLevel: fc.constantFrom('country', 'region', 'city'),
      isPlaceCrossed: fc.boolean(),
      source: maybe(network),
      destination: maybe(network),
      sourceHost: maybe(fc.constantFrom('host:x', 'host:u', 'host:z')),
      destinationHost: maybe(fc.constantFrom('host:x', 'host:z')),
      owner: maybe(owner),
      title: maybe(fc.constantFrom('alpha/a', 'beta/b')),
      category: maybe(fc.constantFrom('video', 'live')),
      kind: maybe(fc.constantFrom(...transferKindSchema.options)),
      attributed: maybe(fc.constantFrom('yes', 'no')),
      belief: maybe(fc.constantFrom('billable', ...beliefSchema.options)),
      // Few filters at a time, or nothing is left.
      kept: fc.uniqueArray(fc.nat(15), { minLength: 0, maxLength: 3 }),
      time,
      groupBy: fc.uniqueArray(fc.constantFrom(...queryDimensionSchema.options), { maxLength: 3 }),
    })
    .map(({ time: { fromMs, durationMs, isBounded, period, ...rest }, kept, groupBy, ...facts }) => {
      const { measure: anyMeasure, direction, billable, placeLevel, isPlaceCrossed, ...filters } = facts;
      // Belief is the last of the filters.
      const isAboutBelief = kept.includes(15) || groupBy.includes('belief');
      const measure = isAboutBelief && /events|hosts/.test(anyMeasure) ? 'bytes' : anyMeasure;
      const isRate = rates.includes(measure);
      const names = Object.keys(filters).filter((_, index) => kept.includes(index));
      const stated: Record<string, unknown> = {
        measure,
        billable,
        placeLevel,
        ...Object.fromEntries(Object.entries(filters).filter(([name]) => names.includes(name))),
        groupBy,
      };
      if (stated['crosses'] !== undefined && billable === 'any' && isPlaceCrossed)
        stated['crosses'] = ['as:64506', 'place:us/ca'];
      const needsBounds = isRate && measure !== 'maximumRate';
      const bounds = isBounded || needsBounds ? { fromMs, toMs: fromMs + durationMs } : {};
      stated['time'] = { ...rest, ...(period === undefined ? bounds : { period }) };
      const isBothWays = measure === 'difference' || (isRate && direction !== 'forward');
      if (isRate) stated['direction'] = direction;
      if (isBothWays) {
        stated['leaves'] ??= 'sp1';
        stated['enters'] ??= 'sp2';
        stated['groupBy'] = groupBy.filter((one) => !/source|destination|component/.test(one));
      }
      return querySchema.parse(stated);
    });

  it('has the answer of a scan of all events, and rows that add up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1, maxLength: 60 }),
        fc.array(anyQuery, { minLength: 10, maxLength: 10 }),
        async (events, queries) => {
          const fresh = await openTestLedger();
          try {
            const told = bookAll(fresh.ledger, events);
            const booked = told.map((one) => one.booked);
            const { ask: askFresh } = createQueryEngine({ ledger: fresh.ledger, graph: () => graph });
            const owners = new Set(booked.map((one) => one.owner));
            const titles = new Set(booked.map((one) => one.title));
            const categories = new Set(booked.map((one) => one.category));
            for (const query of queries) {
              const isUnknown =
                (query.owner !== undefined && !owners.has(query.owner)) ||
                (query.title !== undefined && !titles.has(query.title)) ||
                (query.category !== undefined && !categories.has(query.category));
              if (isUnknown) {
                expect(() => askFresh(query)).toThrow(/is not known here/);
                continue;
              }
              const { value, rows, rowsAddUp, answeredBy } = askFresh(query);
              const context = { query, answeredBy };
              const isAboutBelief = query.belief !== undefined || query.groupBy.includes('belief');
              const scanned = isAboutBelief ? told.flatMap(piecesOf) : booked;
              expect({ ...context, value, rows }).toEqual({ ...context, ...scan(scanned, query) });
              if (query.groupBy.length === 0 || !rowsAddUp) continue;
              expect(sumOf(rows)).toBe(value);
              const { rows: shown, other } = askFresh({ ...query, limit: 2 });
              expect(shown).toEqual(rows.slice(0, 2));
              expect(sumOf(shown) + (other?.value ?? 0)).toBe(value);
              expect(other?.groups ?? 0).toBe(Math.max(0, rows.length - 2));
            }
            expect(auditLedger(fresh.ledger.database).firstBreak).toBeNull();
          } finally {
            await fresh.remove();
          }
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);

  it('tells the bytes of each belief, in every split, and they add up to all', async () => {
    const filters = fc.constantFrom<Record<string, string>[]>(
      {},
      { leaves: 'sp1' },
      { destination: 'sp2' },
      { owner: 'alpha' },
      { leaves: 'sp1', owner: 'beta' },
      { sourceHost: 'host:u' },
      { destinationHost: 'host:x' },
      { category: 'live' },
    );
    const anySplit = fc.record({
      measure: fc.constantFrom('bytes', 'bytes', 'maximumRate', 'percentile95'),
      filter: filters,
      hours: maybe(fc.record({ from: minute, to: minute })),
      timeZone: fc.constantFrom(...zones),
      period: maybe(fc.constant('2026-10')),
      groupBy: fc.uniqueArray(fc.constantFrom(...queryDimensionSchema.exclude(['belief']).options), {
        maxLength: 2,
      }),
    });
    const asked = [...beliefSchema.options, 'billable'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 30, maxLength: 60 }),
        fc.array(anySplit, { minLength: 6, maxLength: 6 }),
        async (events, splits) => {
          const fresh = await openTestLedger();
          try {
            const told = bookAll(fresh.ledger, events);
            const pieces = told.flatMap(piecesOf);
            fc.pre(told.some(({ booked }) => booked.owner === 'alpha' && booked.category === 'live'));
            fc.pre(told.some(({ booked }) => booked.owner === 'beta'));
            const { ask: askFresh } = createQueryEngine({ ledger: fresh.ledger, graph: () => graph });
            for (const { measure, filter, hours, timeZone, period, groupBy } of splits) {
              const isRate = measure !== 'bytes';
              const time = {
                timeZone,
                ...(hours && { hours }),
                ...((isRate || period) && { period: '2026-10' }),
              };
              const query = { measure, ...filter, time, groupBy };
              let sum = 0;
              for (const belief of asked) {
                const one = querySchema.parse({ ...query, belief });
                const { value, rows } = askFresh(one);
                expect({ one, value, rows }).toEqual({ one, ...scan(pieces, one) });
                if (belief !== 'billable') sum += value;
              }
              if (isRate) continue;
              expect(sum).toBe(askFresh(querySchema.parse(query)).value);
              const grouped = querySchema.parse({ ...query, groupBy: [...groupBy, 'belief'] });
              const { value, rows } = askFresh(grouped);
              expect({ value, rows }).toEqual(scan(pieces, grouped));
            }
          } finally {
            await fresh.remove();
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);

  it('has the percentile of a scan where most bins have bytes, one way or both', async () => {
    const fromMs = anchors[0]!;
    const path = fc.constantFrom(
      [64_501, 64_503],
      [64_501, 64_506, 64_504],
      [64_503, 64_501],
      [64_504, 64_502],
    );
    const sample = fc.record({ bin: fc.nat(59), bytes: fc.nat(100_000), asPath: path });
    await fc.assert(
      fc.asyncProperty(
        fc.array(sample, { minLength: 60, maxLength: 200 }),
        fc.constantFrom('forward', 'backward', 'larger', 'sum'),
        fc.integer({ min: 1, max: 80 }),
        async (samples, direction, bins) => {
          const fresh = await openTestLedger();
          try {
            const booked = samples.map(({ bin, bytes, asPath }, index) =>
              event({
                transferId: uuid(index),
                binMs: fromMs + bin * BIN_MS,
                bytes,
                path: pathOf(asPath, ispOf),
              }),
            );
            fresh.ledger.book(batch(booked.map((one, index) => eventsMessage(index, one))));
            const { ask: askFresh } = createQueryEngine({ ledger: fresh.ledger, graph: () => graph });
            const time = { fromMs, toMs: fromMs + bins * BIN_MS, timeZone: 'Europe/London' };
            const ends = { leaves: 'sp1', enters: 'sp2' };
            const query = querySchema.parse({
              measure: 'percentile95',
              direction,
              ...ends,
              time,
              groupBy: ['hour'],
            });
            const { value, rows } = askFresh(query);
            expect({ value, rows }).toEqual(scan(booked, query));
          } finally {
            await fresh.remove();
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('splits by hours of the day into parts that add up', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { minLength: 1, maxLength: 40 }),
        fc.constantFrom(...zones),
        minute,
        minute,
        async (events, timeZone, from, to) => {
          fc.pre(from !== to);
          const fresh = await openTestLedger();
          try {
            fresh.ledger.book(
              batch(
                events.map(({ booked }, index) =>
                  eventsMessage(index, { ...booked, transferId: uuid(index) }),
                ),
              ),
            );
            const { ask: askFresh } = createQueryEngine({ ledger: fresh.ledger, graph: () => graph });
            const bytes = (hours?: object): number =>
              askFresh(
                querySchema.parse({
                  measure: 'bytes',
                  leaves: 'sp1',
                  time: { timeZone, ...(hours && { hours }) },
                }),
              ).value;
            expect(bytes({ from, to }) + bytes({ from: to, to: from })).toBe(bytes());
          } finally {
            await fresh.remove();
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
