import type { ComponentRecord, LedgerEvent } from '@fairhop/shared/contract';
import { routerId } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { internet } from '../internet.js';
import { hostOf, routerOf } from '../internet-model.js';
import { nextCrossing, startOf } from '../truth/crossings.js';
import type { ForwardedPath } from '../truth/forwarded-paths.js';
import { trueElements } from '../truth/true-elements.js';
import { componentReport } from './component-report.js';
import type { Epoch } from './epochs.js';
import { compareRows, rowReport, type TrueRow } from './row-report.js';

const SECONDS = 1_000;
const [source, destination] = [hostOf(internet, 'sp1-s1'), hostOf(internet, 'sp2-s1')];
const declaredAsns = new Set([64_501]);

/** From SP1 to SP2 over one of the two links between them. */
function over(peering: 'sanjose' | 'losangeles'): ForwardedPath {
  const steps: [string, string, string][] =
    peering === 'sanjose'
      ? [
          ['sp1-bas1', 'ge0-1', '198.18.33.2'],
          ['sp1-br1', 'ge1-0', '198.18.34.2'],
          ['sp2-br1', 'ge0-1', '198.18.49.1'],
        ]
      : [
          ['sp1-bas1', 'ge0-2', '198.18.33.6'],
          ['sp1-br2', 'ge1-0', '198.18.50.1'],
          ['sp2-br2', 'ge0-2', '198.18.49.5'],
        ];
  const crossings = [
    startOf(internet, source, destination).crossing,
    ...steps.map((step) => nextCrossing(internet, ...step).crossing),
    nextCrossing(internet, 'sp2-bas1', 'ge5-1', destination.address).crossing,
  ];
  const ends = { source: source.name, destination: destination.name };
  return {
    ...ends,
    asPath: [64_501, 64_502],
    hops: [],
    crossings,
    internalLinks: [],
    switches: [],
    peerings: [],
  };
}
const [before, after] = [over('sanjose'), over('losangeles')];
const epochs: Epoch[] = [
  { fromMs: 0, atMs: 1, truth: [before] },
  { fromMs: 100 * SECONDS, atMs: 101 * SECONDS, truth: [after] },
];
const due = (way: ForwardedPath): string[] =>
  trueElements(internet, way, { declaredAsns, answered: new Set() }).flatMap(({ component, isDue }) =>
    isDue ? [component] : [],
  );

const row = (id: number, way: ForwardedPath, startMs: number, endMs: number): LedgerEvent => ({
  id,
  transferId: '00000000-0000-4000-8000-000000000000',
  binMs: 0,
  part: id,
  kind: 'client-to-client',
  source: 'host:a',
  sourceAddress: source.address,
  sourceAs: 64_501,
  destination: 'host:b',
  destinationAddress: destination.address,
  destinationAs: 64_502,
  contentId: 'c',
  title: 'studio/film',
  bytes: 1_000,
  startMs,
  endMs,
  averageRateBitsPerSecond: 1,
  maxRateBitsPerSecond: 1,
  bookedMs: endMs,
  reporter: 'b',
  path: { id: way === before ? 'path:before' : 'path:after', components: due(way) },
});
const good = [row(1, before, 90 * SECONDS, 100 * SECONDS), row(2, after, 100 * SECONDS, 110 * SECONDS)];
const compare = (events: readonly LedgerEvent[]): TrueRow[] =>
  compareRows(internet, events, epochs, declaredAsns);

describe('rows against what was forwarded', () => {
  it('are right where each has the way of its time', () => {
    expect(rowReport(compare(good))).toMatchObject({ rows: 2, stale: 0, staleBytes: 0, differences: [] });
  });

  it('tell of rows that name routers of networks that declared nothing', () => {
    const named = ['sp1-bas1', 'sp2-bas1'].map((name) => routerId(routerOf(internet, name).dnsName));
    const events = named.map((router, index) => {
      const components = due(before).includes(router)
        ? due(before)
        : due(before).flatMap((id) => (id === 'as:64502' ? [id, router] : [id]));
      return { ...good[0]!, id: index, path: { id: 'path:traced', components } };
    });
    expect(events.map((event) => rowReport(compare([event])))).toMatchObject([
      { traced: 0, stale: 0 },
      { traced: 1, stale: 0 },
    ]);
  });

  it('count bytes that went otherwise, and are stale when most of them did', () => {
    const cut = (endMs: number) => rowReport(compare([row(1, before, 90 * SECONDS, endMs * SECONDS)]));
    expect(cut(105)).toMatchObject({ stale: 0, staleBytes: 333 });
    expect(cut(120)).toMatchObject({ stale: 1, staleRowBytes: 1_000, staleBytes: 667 });
    expect(cut(120).differences.join()).toContain(
      'peering:as:64501>as:64502/sp1-sp2-sanjose is not on the way',
    );
  });

  it('are wrong without a path, and for addresses that nobody has', () => {
    const [first] = good;
    const unknown = { ...first!, sourceAddress: '203.0.113.1' };
    expect(rowReport(compare([{ ...first!, path: null }, unknown])).stale).toBe(2);
  });
});

describe('component records against rows and truth', () => {
  type Records = Map<string, ComponentRecord[]>;
  const records = (): Records => {
    const all: Records = new Map();
    for (const { id, path, bytes, startMs, endMs, title, source: from, destination: to } of good)
      for (const component of [...path!.components, from, to]) {
        const owner = 'studio';
        const record = { eventId: id, component, path: path!.id, owner, bytes, startMs, endMs, title };
        all.set(component, [...(all.get(component) ?? []), record]);
      }
    return all;
  };
  const report = (change: (records: Records) => void, rows = good) => {
    const all = records();
    change(all);
    return componentReport(compare(rows), all);
  };

  it('are one for each row and component', () => {
    const { ok, due: wanted, records: found, maxByteError } = report(() => undefined);
    expect({ ok, maxByteError }).toEqual({ ok: true, maxByteError: 0 });
    expect(found).toBe(wanted);
  });

  it.each(Object.keys(records().get('host:a')![0]!))('say the same as their row of %s', (field) => {
    const change = (all: Records): void => {
      const list = all.get('as:64502')!;
      list[0] = { ...list[0]!, [field]: field === 'eventId' ? 7 : 'other' };
    };
    expect(report(change).ok).toBe(false);
  });

  it('miss no component and no host, and are on no other', () => {
    for (const component of records().keys())
      expect(report((all) => all.set(component, all.get(component)!.slice(1))).ok).toBe(false);
    const [record] = records().get('as:64501')!;
    expect(report((all) => all.set('as:7', [{ ...record!, component: 'as:7' }])).ok).toBe(false);
    expect(report((all) => all.set('as:64501', [record!, ...all.get('as:64501')!])).ok).toBe(false);
  });

  it('have other bytes than truly crossed the component where rows are stale', () => {
    const stale = row(2, before, 100 * SECONDS, 110 * SECONDS);
    expect(componentReport(compare([good[0]!, stale]), new Map()).maxByteError).toBeGreaterThan(0.4);
  });
});
