import { appendFile, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FairhopError } from '../model/errors.js';
import { createRandom, mutate } from '../net/mrt/mutate.test-support.js';
import { createRibFollower, type RibFollower, ribSourcesSchema } from './rib-follower.js';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../net/mrt/fixtures/${name}`, import.meta.url));

let directory: string;
let refused: FairhopError[];
let changes: number[];
let follower: RibFollower;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-ribs-'));
  refused = [];
  changes = [];
});
afterEach(async () => {
  await follower.stop();
  await rm(directory, { recursive: true });
});

function follow(sources: readonly object[], snapshotsPerRouter?: number): RibFollower {
  follower = createRibFollower(
    {
      sources: ribSourcesSchema.parse(sources),
      checkIntervalMs: 10,
      ...(snapshotsPerRouter && { snapshotsPerRouter }),
    },
    {
      onChange: (history) => changes.push(history.revision),
      onRefused: (error) => refused.push(error),
    },
  );
  return follower;
}

/** At once, while it is followed. */
async function place(from: string, file: string): Promise<void> {
  await copyFile(from, `${file}.new`);
  await rename(`${file}.new`, file);
}

const now = 4_000_000_000_000;
const pathTo = (from: number, address: string, timeMs = now) =>
  follower.history.at(timeMs).route(from, address)?.asPath;

describe('the RIB follower', () => {
  it('reads directories and files of all kinds, and takes new and changed ones', async () => {
    const dumps = join(directory, 'dumps');
    await mkdir(dumps);
    await copyFile(fixture('as64502.mrt.gz'), join(dumps, 'one.gz'));
    const file = join(directory, 'file');
    follow([
      { path: dumps, asn: 64_502 },
      { path: file, asn: 64_503, router: 'r3' },
    ]);
    await follower.start();
    await expect.poll(() => pathTo(64_502, '198.18.4.1')).toEqual([64_502, 64_501]);
    // The file that is not there is told once, and taken when it is.
    await expect
      .poll(() => refused)
      .toMatchObject([{ code: 'rib-unreadable', message: expect.stringContaining('r3') }]);
    await place(fixture('as64503-add-path.mrt.bz2'), file);
    // Of what 64503 told before, nothing counts beside its own choice.
    expect(follower.history.at(now).route(64_503, '198.18.4.1')?.vantage).toBe('told');
    await expect.poll(() => changes).toHaveLength(2);
    for (const address of ['198.18.4.1', '2001:db8:1::1']) {
      const route = follower.history.at(now).route(64_503, address);
      expect(route).toMatchObject({ asPath: [64_503, 64_501], vantage: 'own' });
    }
    await place(fixture('as64501-twice.mrt'), file);
    await expect.poll(() => changes).toHaveLength(3);
    expect(follower.history.revision).toBe(changes.at(-1));
    expect(refused).toHaveLength(1);
  });

  it('keeps what was before a wrong file, tells of that once, and takes the right one after it', async () => {
    const file = join(directory, 'rib');
    await copyFile(fixture('as64502.mrt.gz'), file);
    follow([{ path: file, asn: 64_502 }]);
    await follower.start();
    await expect.poll(() => pathTo(64_502, '198.18.4.1')).toEqual([64_502, 64_501]);
    await writeFile(`${file}.wrong`, 'this is no MRT file at all');
    await rename(`${file}.wrong`, file);
    await expect.poll(() => refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'rib-invalid', message: expect.stringContaining(file) });
    expect(pathTo(64_502, '198.18.4.1')).toEqual([64_502, 64_501]);
    await place(fixture('as64501-twice.mrt'), file);
    await expect.poll(() => changes).toHaveLength(2);
    expect(refused).toHaveLength(1);
  });

  it('waits for the rest of a half-written file, and refuses it when no rest comes', async () => {
    const whole = gunzipSync(await readFile(fixture('as64502.mrt.gz')));
    const file = join(directory, 'rib');
    follow([{ path: directory, asn: 64_502 }]);
    await follower.start();
    await writeFile(file, whole.subarray(0, 700));
    await expect.poll(() => refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'rib-invalid', cause: { code: 'mrt-truncated' } });
    expect(follower.history.revision).toBe(0);
    await appendFile(file, whole.subarray(700));
    await expect.poll(() => pathTo(64_502, '198.18.4.1')).toEqual([64_502, 64_501]);
  });

  it('keeps dumps over time, and no more than it is told', async () => {
    await copyFile(fixture('as64501-twice.mrt'), join(directory, 'rib'));
    follow([{ path: directory, asn: 64_501 }]);
    await follower.start();
    await expect.poll(() => changes).toHaveLength(1);
    const [changeMs = 0] = follower.history.changes(0, now);
    expect(pathTo(64_501, '198.18.16.1', changeMs - 1)).toEqual([64_501, 64_502]);
    expect(pathTo(64_501, '198.18.16.1', changeMs)).toEqual([64_501, 64_503, 64_505]);
    await follower.stop();
    changes = [];
    follow([{ path: directory, asn: 64_501 }], 1);
    await follower.start();
    await expect.poll(() => changes).toHaveLength(1);
    expect(follower.history.changes(0, now)).toEqual([]);
    expect(pathTo(64_501, '198.18.16.1', changeMs - 1)).toEqual([64_501, 64_503, 64_505]);
  });

  it('reads again what has private ASes once they count, and once they count no more', async () => {
    const private4 = new Set<number>();
    await copyFile(fixture('as64502.mrt.gz'), join(directory, 'rib'));
    follower = createRibFollower(
      { sources: ribSourcesSchema.parse([{ path: directory, asn: 64_502 }]), checkIntervalMs: 10 },
      {
        onChange: (history) => changes.push(history.revision),
        onRefused: (error) => refused.push(error),
        allowPrivate: (asn) => private4.has(asn),
      },
    );
    await follower.start();
    await expect.poll(() => pathTo(64_502, '198.18.4.1')).toEqual([64_502, 64_501]);
    expect(pathTo(64_502, '198.18.32.1')).toBeUndefined();
    private4.add(64_520);
    await expect.poll(() => pathTo(64_502, '198.18.32.1')).toEqual([64_502, 64_520]);
    private4.delete(64_520);
    await expect.poll(() => pathTo(64_502, '198.18.32.1')).toBeUndefined();
    // One that no file names.
    const before = changes.length;
    private4.add(64_999);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(changes).toHaveLength(before);
    expect(refused).toEqual([]);
  });

  it('refuses or takes each of many mutated files, and goes on', async () => {
    const seeds = await Promise.all(
      ['as64502.mrt.gz', 'as64503-add-path.mrt.bz2', 'as64501-twice.mrt'].map((name) =>
        readFile(fixture(name)),
      ),
    );
    const random = createRandom(4);
    const paths = Array.from({ length: 250 }, (_, index) => join(directory, String(index)));
    for (const [index, path] of paths.entries())
      await writeFile(path, mutate(seeds[index % seeds.length]!, random));
    const right = join(directory, 'right');
    // Each file is a router of its own, so that all of them are read.
    const sources = paths.map((path) => ({ path, asn: 64_501 }));
    follow([...sources, { path: right, asn: 64_502 }]);
    await follower.start();
    await expect.poll(() => refused.length).toBeGreaterThan(100);
    for (const { code, cause } of refused) {
      expect(['rib-invalid', 'rib-unreadable']).toContain(code);
      if (code === 'rib-invalid') expect(cause).toMatchObject({ code: expect.stringMatching(/^mrt-/) });
    }
    await place(fixture('as64502.mrt.gz'), right);
    await expect.poll(() => pathTo(64_502, '198.18.4.1')).toEqual([64_502, 64_501]);
    expect(refused.filter(({ code }) => code === 'rib-unreadable')).toHaveLength(1);
  });

  it('looks no more once it is stopped', async () => {
    follow([{ path: directory }]);
    await follower.start();
    await follower.stop();
    await copyFile(fixture('as64502.mrt.gz'), join(directory, 'rib'));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(changes).toEqual([]);
  });

  it('refuses prefixes that are twice or no prefixes', () => {
    follow([]);
    const parse = (attached: string[]) => ribSourcesSchema.safeParse([{ path: 'x', attached }]);
    expect(parse(['198.18.0.0/15', '2001:db8::/32']).success).toBe(true);
    expect(parse(['198.18.0.1/15']).error?.issues[0]).toMatchObject({ path: [0, 'attached', 0] });
    expect(parse(['2001:db8::/32', '2001:db8:0::/32']).error?.issues[0]?.message).toContain('twice');
  });
});
