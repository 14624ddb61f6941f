import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Harness, MIB, someBytes, until } from '../testing/harness.js';

const PIECE = 256 * 1024;
const bytes = someBytes(2 * MIB + 777);
const pieces = 9;
let harness: Harness;

beforeEach(async () => {
  harness = await Harness.create();
});
afterEach(() => harness.stop());

const download = async (url: string, headers: Record<string, string> = {}): Promise<Buffer> => {
  const response = await fetch(url, { headers });
  expect([200, 206]).toContain(response.status);
  return Buffer.from(await response.arrayBuffer());
};
const codeOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { code: string }).code;

describe('filling from an HTTP origin', () => {
  it('fills once for 50 requests at once, whole and ranges', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const bodies = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 === 0
          ? download(url)
          : download(url, { range: `bytes=${index * 20_000}-${index * 20_000 + 99_999}` }),
      ),
    );
    for (const [index, body] of bodies.entries()) {
      const from = index % 2 === 0 ? 0 : index * 20_000;
      const to = index % 2 === 0 ? bytes.length : from + 100_000;
      expect(body.equals(bytes.subarray(from, to))).toBe(true);
    }
    expect(origin.sentBytes()).toBe(bytes.length);
    expect(harness.coordinator.sourceRequests()).toBe(1);
  });

  it('serves from disk afterwards, also when origin and coordinator are gone and the edge restarts', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const token = new URL(await harness.url(edge, contentId)).search;
    await download(`${edge.url}/c/${contentId}${token}`);
    await origin.stop();
    await edge.stop();
    await harness.coordinator.stop();
    const again = await harness.edge();
    expect((await download(`${again.url}/c/${contentId}${token}`)).equals(bytes)).toBe(true);
  });

  it('serves what is there while the rest does not come, and fetches only what is asked for', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge({ originTimeoutMs: 2_000 });
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const range = { range: `bytes=${5 * PIECE}-${6 * PIECE - 1}` };
    expect((await download(url, range)).equals(bytes.subarray(5 * PIECE, 6 * PIECE))).toBe(true);
    expect(origin.sentBytes()).toBe(PIECE);
    origin.intercept = () => true; // never answers
    const stalled = fetch(url);
    expect((await download(url, range)).length).toBe(PIECE);
    const answer = await stalled;
    expect(answer.status).toBe(504);
    expect(await codeOf(answer)).toBe('origin-time-out');
  });

  it('goes on for others when one waiter leaves, and streams pieces as they come', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    let release = (): void => undefined;
    origin.intercept = (_request, response, from, to) => {
      response.writeHead(206, {
        'content-length': to - from,
        'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
      });
      response.write(bytes.subarray(from, from + PIECE + 100));
      release = () => response.end(bytes.subarray(from + PIECE + 100, to));
      origin.intercept = undefined;
      return true;
    };
    const url = await harness.url(edge, contentId);
    const leaving = new AbortController();
    const left = fetch(url, { signal: leaving.signal });
    const stays = await fetch(url);
    const reader = stays.body!.getReader();
    const first = await reader.read();
    expect(first.value!.length).toBeGreaterThan(0);
    await left;
    leaving.abort();
    release();
    let received = first.value!.length;
    for (let part = await reader.read(); !part.done; part = await reader.read())
      received += part.value.length;
    expect(received).toBe(bytes.length);
  });

  it('resumes in the middle of a piece when the connection breaks', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    origin.intercept = (_request, response, from, to) => {
      response.writeHead(206, {
        'content-length': to - from,
        etag: '"one"',
        'content-range': `bytes ${from}-${to - 1}/${bytes.length}`,
      });
      response.write(bytes.subarray(from, from + PIECE + 1000), () =>
        setTimeout(() => response.destroy(), 50),
      );
      origin.intercept = undefined;
      return true;
    };
    expect((await download(await harness.url(edge, contentId))).equals(bytes)).toBe(true);
    expect(origin.ranges[0]).toBe(`bytes=0-${bytes.length - 1}`);
    expect(origin.ranges[1]).toBe(`bytes=${PIECE + 1000}-${bytes.length - 1}`);
  });

  it('fills from an origin without ranges', async () => {
    const origin = await harness.origin(bytes);
    origin.supportsRanges = false;
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const from = 5 * PIECE + 5;
    expect((await download(url, { range: `bytes=${from}-` })).equals(bytes.subarray(from))).toBe(true);
    expect((await download(url)).equals(bytes)).toBe(true);
    expect(origin.ranges.length).toBe(1);
  });

  it('serves nothing when the origin sends other bytes, and fills once it sends the right ones', async () => {
    const wrong = Buffer.from(bytes);
    wrong[10] = wrong[10]! ^ 1;
    const origin = await harness.origin(wrong);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const answer = await fetch(url);
    expect(answer.status).toBe(502);
    expect(await codeOf(answer)).toBe('origin-wrong-bytes');
    wrong[10] = bytes[10]!;
    expect((await download(url)).equals(bytes)).toBe(true);
  });

  it('ends a response short of the wrong piece', async () => {
    const wrong = Buffer.from(bytes);
    wrong[5 * PIECE + 3] = wrong[5 * PIECE + 3]! ^ 1;
    const origin = await harness.origin(wrong);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const response = await fetch(await harness.url(edge, contentId));
    let received = 0;
    await expect(
      (async () => {
        for await (const chunk of response.body!) received += chunk.length;
      })(),
    ).rejects.toThrow();
    expect(received).toBeLessThanOrEqual(5 * PIECE);
  });

  it.each([bytes.length + 1, bytes.length - 1])('refuses a file of %d bytes', async (sizeBytes) => {
    const edge = await harness.edge();
    for (const supportsRanges of [true, false]) {
      const origin = await harness.origin(someBytes(sizeBytes));
      origin.supportsRanges = supportsRanges;
      const film = someBytes(bytes.length, supportsRanges ? 5 : 6);
      const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
      const answer = await fetch(await harness.url(edge, contentId));
      expect(answer.status).toBe(502);
      expect(await codeOf(answer)).toBe('origin-wrong-size');
    }
  });

  it.each([
    [404, 'origin-not-found'],
    [403, 'origin-refused'],
    [500, 'origin-unavailable'],
  ])('tells of an origin that answers %d', async (status, code) => {
    const origin = await harness.origin(bytes);
    origin.intercept = (_request, response) => {
      response.writeHead(status).end();
      return true;
    };
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const answer = await fetch(await harness.url(edge, contentId));
    expect(answer.status).toBe(502);
    expect(await codeOf(answer)).toBe(code);
  });

  it('tells of an origin that is not there', async () => {
    const origin = await harness.origin(bytes);
    await origin.stop();
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const answer = await fetch(await harness.url(edge, contentId));
    expect(await codeOf(answer)).toBe('origin-unavailable');
  });

  it('answers 507 on a full disk, loses nothing, and goes on when there is room', async () => {
    const origin = await harness.origin(bytes);
    let isFull = false;
    const edge = await harness.edge(
      {},
      {
        writeFile: async (file, content) => {
          if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
          await writeFile(file, content);
        },
      },
    );
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const range = { range: 'bytes=0-99' };
    await download(url, range);
    isFull = true;
    const answer = await fetch(url, { headers: { range: `bytes=${3 * PIECE}-` } });
    expect(answer.status).toBe(507);
    expect(await codeOf(answer)).toBe('disk-full');
    expect((await download(url, range)).equals(bytes.subarray(0, 100))).toBe(true);
    isFull = false;
    expect((await download(url)).equals(bytes)).toBe(true);
  });
});

describe('filling from a directory', () => {
  it('fills a file below it, and refuses what leads out of it', async () => {
    const root = join(harness.directory, 'films');
    await mkdir(join(root, 'deep'), { recursive: true });
    await writeFile(join(root, 'deep', 'film.mp4'), bytes);
    await writeFile(join(harness.directory, 'secret.mp4'), bytes);
    await symlink(join(harness.directory, 'secret.mp4'), join(root, 'link.mp4'));
    await symlink(harness.directory, join(root, 'up'));
    await symlink(join(root, 'deep', 'film.mp4'), join(root, 'inside.mp4'));
    const edge = await harness.edge({ originDirectory: root });
    const ask = async (path: string): Promise<Response> => {
      const other = Buffer.from(bytes);
      other.write(path);
      const { contentId } = harness.coordinator.publish(
        path === 'deep/film.mp4' || path === 'inside.mp4' ? bytes : other,
        { kind: 'directory', path },
      );
      return fetch(await harness.url(edge, contentId));
    };
    expect(Buffer.from(await (await ask('deep/film.mp4')).arrayBuffer()).equals(bytes)).toBe(true);
    expect((await ask('inside.mp4')).status).toBe(200);
    expect(await codeOf(await ask('link.mp4'))).toBe('origin-not-permitted');
    expect(await codeOf(await ask('up/secret.mp4'))).toBe('origin-not-permitted');
    expect(await codeOf(await ask('nothing.mp4'))).toBe('origin-not-found');
    expect(await codeOf(await ask('deep'))).toBe('origin-not-found');
    await writeFile(join(root, 'short.mp4'), 'short');
    expect(await codeOf(await ask('short.mp4'))).toBe('origin-wrong-size');
  });

  it('says that there is no such directory', async () => {
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'directory', path: 'film.mp4' });
    expect(await codeOf(await fetch(await harness.url(edge, contentId)))).toBe('origin-not-configured');
  });
});

describe('what is on disk', () => {
  it('is hashed again after a restart: a bad piece is fetched anew, never served', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    await download(await harness.url(edge, contentId));
    await edge.stop();
    const directory = join(harness.directory, 'edge', 'contents', contentId);
    const file = join(directory, '3.piece');
    const piece = await readFile(file);
    piece[7] = piece[7]! ^ 1;
    await writeFile(file, piece);
    await writeFile(join(directory, '4.piece'), 'torn');
    await writeFile(join(directory, '5.0123456789ab.tmp'), 'half');
    const before = origin.sentBytes();
    const again = await harness.edge();
    expect((await download(await harness.url(again, contentId))).equals(bytes)).toBe(true);
    expect(origin.sentBytes() - before).toBe(2 * PIECE);
    expect((await readdir(directory)).sort()).toEqual(
      [...Array.from({ length: pieces }, (_, index) => `${index}.piece`), 'source.json'].sort(),
    );
  });

  it('stays within the budget, the least recently used going first', async () => {
    const budget = 16 * MIB;
    const edge = await harness.edge({ cacheBytes: budget });
    const contents = await Promise.all(
      [1, 2, 3].map(async (seed) => {
        const film = someBytes(7 * MIB, seed);
        const origin = await harness.origin(film);
        const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
        return { film, origin, url: await harness.url(edge, contentId), contentId };
      }),
    );
    const [first, second, third] = contents as [
      (typeof contents)[0],
      (typeof contents)[0],
      (typeof contents)[0],
    ];
    await download(first.url);
    await download(second.url);
    await download(first.url);
    expect((await download(third.url)).equals(third.film)).toBe(true);
    const onDisk = async (contentId: string): Promise<number> =>
      (await readdir(join(harness.directory, 'edge', 'contents', contentId)).catch(() => [])).filter((name) =>
        name.endsWith('.piece'),
      ).length;
    const counts = await Promise.all(contents.map(({ contentId }) => onDisk(contentId)));
    expect(counts.reduce((sum, count) => sum + count * PIECE, 0)).toBeLessThanOrEqual(budget);
    expect(counts[0]).toBe(28);
    expect(counts[2]).toBe(28);
    expect(counts[1]).toBe(8);
    expect(second.origin.sentBytes()).toBe(7 * MIB);
  });

  it('serves a content larger than the budget', async () => {
    const film = someBytes(20 * MIB, 9);
    const origin = await harness.origin(film);
    const edge = await harness.edge({ cacheBytes: 16 * MIB });
    const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const bodies = await Promise.all([download(url), download(url)]);
    for (const body of bodies) expect(body.equals(film)).toBe(true);
  });
});

describe('a withdrawn title', () => {
  it('ends running responses, refuses new ones, and leaves the disk', async () => {
    const film = someBytes(8 * MIB, 4);
    const origin = await harness.origin(film);
    const edge = await harness.edge({ rateBitsPerSecond: 8_000_000 });
    const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    const running = await fetch(url);
    expect(running.status).toBe(200);
    harness.coordinator.withdraw(contentId);
    await expect(running.arrayBuffer()).rejects.toThrow();
    const refused = await fetch(url);
    expect(refused.status).toBe(410);
    expect(await codeOf(refused)).toBe('title-withdrawn');
    await until(
      async () => (await readdir(join(harness.directory, 'edge', 'contents'))).length === 0,
      'the disk is free',
    );
    // Also after a restart without the coordinator.
    const token = new URL(url).search;
    await edge.stop();
    await harness.coordinator.stop();
    const again = await harness.edge();
    expect((await fetch(`${again.url}/c/${contentId}${token}`)).status).toBe(410);
  });
});
