import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatMrtRoute, type MrtRoute, readMrtRoutes } from './routes.js';
import { addressBytes, asPath, attribute, peers, record, rib, uint16, uint32 } from './test-support.js';

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const dumps = ['as64501-twice.mrt', 'as64502.mrt.gz', 'as64503-add-path.mrt.bz2'];

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-mrt-'));
  path = join(directory, 'dump');
});
afterEach(() => rm(directory, { recursive: true }));

async function list(file: string, maximumBytes?: number): Promise<MrtRoute[]> {
  const routes: MrtRoute[] = [];
  const options = maximumBytes === undefined ? {} : { limits: { maximumBytes } };
  for await (const route of readMrtRoutes(file, options)) routes.push(route);
  return routes;
}
const listBytes = async (...parts: readonly (readonly number[])[]): Promise<MrtRoute[]> => {
  await writeFile(path, Buffer.from(parts.flat()));
  return list(path);
};

describe('the MRT reader', () => {
  it.each(dumps)('agrees with bgpdump on every route of %s', async (name) => {
    const theirs = (await readFile(fixture(name.replace(/\.mrt.*/, '.bgpdump.txt')), 'utf8'))
      .trim()
      .split('\n')
      // Communities and what follows are not read.
      .map((line) =>
        line
          .split('|')
          .slice(0, line.startsWith('TABLE_DUMP2_AP') ? 12 : 11)
          .join('|'),
      );
    expect((await list(fixture(name))).map(formatMrtRoute)).toEqual(theirs);
  });

  it('reads path ids, sets, confederations, both forms of MP_REACH_NLRI, and steps over other records', async () => {
    const nextHop = addressBytes('2001:db8::1');
    const linkLocal = addressBytes('fe80::1');
    const confederation = attribute(2, [
      3,
      1,
      ...uint32(64_512),
      4,
      1,
      ...uint32(64_513),
      2,
      1,
      ...uint32(9),
    ]);
    const routes = await listBytes(
      record(4, [1, 2, 3], 16),
      peers([64_501, 64_502], 'main'),
      record(3, [0]),
      record(6, [0]),
      record(1, [...uint32(123), 1, 2], 17),
      rib('2001:db8:5::/47', [
        { peer: 0, attributes: [...asPath(1, [2, 3], 4), ...attribute(14, [32, ...nextHop, ...linkLocal])] },
        { peer: 1, attributes: [...confederation, ...attribute(14, [0, 2, 1, 16, ...nextHop, 0])] },
      ]),
      rib('198.18.0.0/15', [
        {
          peer: 1,
          pathId: 4_000_000_000,
          attributes: [...attribute(1, [1]), ...attribute(3, [198, 19, 0, 1])],
        },
      ]),
    );
    expect(routes).toMatchObject([
      {
        view: 'main',
        prefix: '2001:db8:4::/47',
        peerAsn: 64_501,
        asPath: '1 {2,3} 4',
        nextHop: '2001:db8::1',
      },
      { peerAddress: '198.19.0.2', peerAsn: 64_502, asPath: '(64512) [64513] 9', nextHop: '2001:db8::1' },
      { prefix: '198.18.0.0/15', pathId: 4_000_000_000, asPath: '', origin: 'EGP', nextHop: '198.19.0.1' },
    ]);
    expect(routes[0]).not.toHaveProperty('pathId');
  });

  const start = peers([64_501]);
  it.each<[string, number[], string]>([
    ['a RIB before its peers', rib('198.18.0.0/15', []), 'mrt-malformed'],
    [
      'a peer that is not there',
      [...start, ...rib('198.18.0.0/15', [{ peer: 1, attributes: [] }])],
      'mrt-malformed',
    ],
    [
      'a prefix that is too long',
      [...start, ...record(2, [0, 0, 0, 0, 33, 1, 2, 3, 4, 5, 0, 0])],
      'mrt-malformed',
    ],
    ['fewer routes than told', [...start, ...record(2, [0, 0, 0, 0, 8, 1, 0, 1])], 'mrt-malformed'],
    [
      'an attribute over its end',
      [...start, ...rib('198.18.0.0/15', [{ peer: 0, attributes: [0x40, 2, 9] }])],
      'mrt-malformed',
    ],
    [
      'a segment over its end',
      [...start, ...rib('198.18.0.0/15', [{ peer: 0, attributes: attribute(2, [2, 2, 0, 0, 0, 1]) }])],
      'mrt-malformed',
    ],
    ['bytes after the last route', [...start, ...record(2, [0, 0, 0, 0, 8, 1, 0, 0, 7])], 'mrt-malformed'],
    ['half a record', start.slice(0, -1), 'mrt-truncated'],
    ['a record of 4 GiB', [...uint32(0), 0, 13, 0, 2, 255, 255, 255, 255], 'mrt-too-large'],
    ['peers that end early', record(1, [0, 0, 0, 0, ...uint16(9), 1]), 'mrt-malformed'],
  ])('refuses %s and says where', async (_what, bytes, code) => {
    await expect(listBytes(bytes)).rejects.toMatchObject({ code, offsetBytes: expect.any(Number) });
  });

  it('tells damaged and cut compressed files apart, and reads several members', async () => {
    const gzip = await readFile(fixture('as64502.mrt.gz'));
    const bzip2 = await readFile(fixture('as64503-add-path.mrt.bz2'));
    for (const whole of [gzip, bzip2]) {
      await writeFile(path, whole.subarray(0, whole.length - 20));
      await expect(list(path)).rejects.toMatchObject({ code: 'mrt-truncated' });
      const damaged = Buffer.from(whole);
      damaged.fill(0x55, 200, 240);
      await writeFile(path, damaged);
      await expect(list(path)).rejects.toMatchObject({ code: 'mrt-malformed' });
      await writeFile(path, Buffer.concat([whole, whole]));
      const once = await list(fixture(whole === gzip ? 'as64502.mrt.gz' : 'as64503-add-path.mrt.bz2'));
      expect(await list(path)).toEqual([...once, ...once]);
    }
    await expect(list(join(directory, 'none'))).rejects.toMatchObject({ code: 'mrt-unreadable' });
  });

  it('stops at a bound of decompressed bytes and at a ratio that no RIB has', async () => {
    const whole = gunzipSync(await readFile(fixture('as64502.mrt.gz')));
    await expect(list(fixture('as64502.mrt.gz'), whole.length - 1)).rejects.toMatchObject({
      code: 'mrt-too-large',
    });
    await writeFile(path, gzipSync(Buffer.alloc(80 * 1024 * 1024)));
    await expect(list(path)).rejects.toMatchObject({ code: 'mrt-too-large', message: /250 times/ });
  });
});
