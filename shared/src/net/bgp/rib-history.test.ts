import { describe, expect, it } from 'vitest';
import { asPath, attribute, peers, rib } from '../mrt/test-support.js';
import { createBgpAsPaths } from './bgp-as-paths.js';
import { parseRibs } from './read-rib.js';
import { createRibHistory } from './rib-history.js';
import type { RibTable } from './rib-table.js';

/** One route to 198.18.0.0/16 from the peer at the beginning of the path, and more prefixes as given. */
function dump(
  timeS: number,
  hops: readonly number[],
  options: {
    asn?: number;
    view?: string;
    nextHop?: readonly number[];
    more?: Readonly<Record<string, readonly number[]>>;
  } = {},
): RibTable {
  const { asn, view = 'master4', nextHop, more = {} } = options;
  const prefixes = Object.entries({ '198.18.0.0/16': hops, ...more });
  const peerAsns = [...new Set(prefixes.map(([, path]) => path[0]!))];
  const records = prefixes.flatMap(([prefix, path]) => {
    const attributes = [...asPath(...path), ...(nextHop === undefined ? [] : attribute(3, [...nextHop]))];
    return rib(prefix, [{ peer: peerAsns.indexOf(path[0]!), attributes }]);
  });
  return parseRibs(Buffer.from([...peers(peerAsns, view, timeS), ...records]), { asn })[0]!;
}

const address = '198.18.1.1';

describe('the RIB history', () => {
  it('holds each dump from its time on, the oldest before it, and an equal one as the same', () => {
    const history = createRibHistory([{}], { maximumSnapshotsEach: 3 });
    const pathAt = (timeS: number) => history.at(timeS * 1000).route(1, address)?.asPath;
    expect(pathAt(5)).toBeUndefined();
    expect(history.add(0, dump(10, [2, 9], { asn: 1 }))).toBe(true);
    expect(history.add(0, dump(20, [3, 9], { asn: 1 }))).toBe(true);
    expect(history.add(0, dump(30, [3, 9], { asn: 1 }))).toBe(false);
    expect(history.revision).toBe(2);
    expect([5, 19, 20, 30, 99].map(pathAt)).toEqual([
      [1, 2, 9],
      [1, 2, 9],
      [1, 3, 9],
      [1, 3, 9],
      [1, 3, 9],
    ]);
    expect(history.changes(0, 100_000)).toEqual([20_000]);
    expect(history.changes(20_000, 100_000)).toEqual([]);
    // A late one between two equal ones: the equal one is in force again after it.
    expect(history.add(0, dump(25, [4, 9], { asn: 1 }))).toBe(true);
    expect([24, 25, 29, 30].map(pathAt)).toEqual([
      [1, 3, 9],
      [1, 4, 9],
      [1, 4, 9],
      [1, 3, 9],
    ]);
    expect(history.changes(0, 100_000)).toEqual([25_000, 30_000]);
    // Four are one too many: the oldest went.
    expect(pathAt(5)).toEqual([1, 3, 9]);
    // The same second again: the later reading counts.
    expect(history.add(0, dump(30, [5, 9], { asn: 1 }))).toBe(true);
    expect(pathAt(30)).toEqual([1, 5, 9]);
  });

  it('keeps the tables of a router apart', () => {
    const history = createRibHistory([{}], { maximumSnapshotsEach: 2 });
    history.add(0, dump(10, [2, 9], { asn: 1 }));
    history.add(0, dump(20, [2, 8], { asn: 1, view: 'other', more: { '198.19.0.0/24': [2, 7] } }));
    expect(history.at(30_000).route(1, address)?.asPath).toEqual([1, 2, 9]);
    expect(history.at(30_000).route(1, '198.19.0.1')?.asPath).toEqual([1, 2, 7]);
    expect(history.changes(0, 100_000)).toEqual([]);
  });

  it("asks the source's own routers first, the one it is attached to before others, then told, then passed routes", () => {
    const routers = [{}, { attached: ['198.19.7.0/24'] }, {}];
    const history = createRibHistory(routers, { maximumSnapshotsEach: 2 });
    history.add(0, dump(10, [2, 9], { asn: 1 }));
    history.add(1, dump(10, [3, 9], { asn: 1 }));
    history.add(2, dump(10, [5, 1, 6, 9], { more: { '198.18.0.0/20': [1, 7, 9] } }));
    const view = history.at(0);
    expect(view.route(1, address, '198.19.7.7')).toMatchObject({ asPath: [1, 3, 9], vantage: 'own' });
    expect(view.route(2, address)).toMatchObject({ asPath: [2, 9], vantage: 'told' });
    expect(view.route(6, '198.18.99.1')).toMatchObject({ asPath: [6, 9], vantage: 'passed' });
    expect(view.originOf(address)).toBe(9);
    expect(view.route(77, address)).toBeUndefined();
  });

  it('names no exit where routers of the AS have several and the source hangs on none that is known', () => {
    const routers = [{ attached: ['198.19.6.0/24'] }, { attached: ['198.19.7.0/24'] }];
    const history = createRibHistory(routers, { maximumSnapshotsEach: 3 });
    const choose = (seconds: number, path: number[], nextHop: number[]) =>
      history.add(1, dump(seconds, path, { asn: 1, nextHop }));
    const seen = (timeMs: number, source: string) => {
      const { asPath, nextHop, vantage } = history.at(timeMs).route(1, address, source)!;
      return [asPath, nextHop, vantage];
    };
    history.add(0, dump(10, [2, 9], { asn: 1, nextHop: [198, 18, 34, 2] }));
    choose(10, [3, 9], [198, 18, 35, 3]);
    expect(seen(10_000, '198.19.6.6')).toEqual([[1, 2, 9], '198.18.34.2', 'own']);
    expect(seen(10_000, '198.19.7.7')).toEqual([[1, 3, 9], '198.18.35.3', 'own']);
    expect(seen(10_000, '198.19.8.8')).toEqual([[1, 2, 9], null, 'told']);
    choose(20, [2, 9], [198, 18, 34, 6]);
    expect(seen(20_000, '198.19.8.8')).toEqual([[1, 2, 9], null, 'own']);
    choose(30, [2, 9], [198, 18, 34, 2]);
    expect(seen(30_000, '198.19.8.8')).toEqual([[1, 2, 9], '198.18.34.2', 'own']);
  });

  it('lets no shorter prefix stand in for a longer one whose route may not be used', () => {
    const unusable = (asn: number | undefined, peer: number) =>
      parseRibs(
        Buffer.from([
          ...peers([peer], 'main', 10),
          ...rib('198.18.1.0/24', [{ peer: 0, attributes: asPath(peer, [8, 9]) }]),
        ]),
        { asn },
      )[0]!;
    const history = createRibHistory([{}, {}, {}], { maximumSnapshotsEach: 2 });
    history.add(0, unusable(1, 2));
    history.add(1, dump(10, [3, 9], { asn: 1 }));
    history.add(2, dump(10, [1, 4, 9]));
    // Neither another router's covering route, nor what was told, nor what passes through.
    expect(history.at(0).route(1, address)).toBeUndefined();
    expect(history.at(0).originOf(address)).toBeUndefined();
    expect(history.at(0).originsOf(address)).toEqual({ prefixLength: 24, asns: [] });
    expect(history.at(0).route(1, '198.18.2.1')?.asPath).toEqual([1, 3, 9]);
    expect(history.at(0).originOf('198.18.2.1')).toBe(9);
    // A route to the same prefix that may be used does.
    history.add(2, dump(20, [1, 4, 9], { more: { '198.18.1.0/24': [1, 5, 9] } }));
    expect(history.at(20_000).route(1, address)).toMatchObject({ asPath: [1, 5, 9], vantage: 'told' });
    const collector = createRibHistory([{}, {}], { maximumSnapshotsEach: 2 });
    collector.add(0, unusable(undefined, 2));
    collector.add(1, dump(10, [2, 6, 9]));
    expect([2, 6].map((from) => collector.at(0).route(from, address))).toEqual([undefined, undefined]);
  });

  it('tells all origins of the longest prefix', () => {
    const history = createRibHistory([{}, {}], { maximumSnapshotsEach: 2 });
    history.add(0, dump(10, [2, 9]));
    history.add(1, dump(10, [2, 8], { more: { '198.18.1.0/24': [3, 7] } }));
    expect(history.at(0).originsOf(address)).toEqual({ prefixLength: 24, asns: [7] });
    expect(history.at(0).originsOf('198.18.2.1')).toEqual({ prefixLength: 16, asns: [9, 8] });
    expect(history.at(0).originsOf('198.19.2.1')).toBeUndefined();
  });

  it('gives the way of most prefixes of an AS, else what the fallback says', () => {
    const history = createRibHistory([{}], { maximumSnapshotsEach: 2 });
    history.add(
      0,
      dump(10, [2, 9], { asn: 1, more: { '198.19.0.0/24': [3, 4, 9], '198.19.1.0/24': [3, 4, 9] } }),
    );
    const asked: string[] = [];
    const paths = createBgpAsPaths(history.at(0), {
      path(source, destination) {
        asked.push(`${source} ${destination}`);
        return destination === 10 ? [source, 10] : undefined;
      },
    });
    expect(paths.path(1, 9)).toEqual([1, 3, 4, 9]);
    expect(paths.path(4, 9)).toEqual([4, 9]);
    expect(asked).toEqual([]);
    expect(paths.path(1, 10)).toEqual([1, 10]);
    expect(paths.path(1, 10)).toEqual([1, 10]);
    expect(paths.path(1, 11)).toBeUndefined();
    expect(asked).toEqual(['1 10', '1 11']);
  });
});
