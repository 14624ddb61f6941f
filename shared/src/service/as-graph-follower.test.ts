import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AsGraphFollower, createAsGraphFollower } from './as-graph-follower.js';

const graphOf = (...asns: number[]) =>
  JSON.stringify({
    version: 1,
    ases: asns.map((asn) => ({ asn, name: `AS ${asn}`, isp: 'sp1' })),
    isps: [{ id: 'sp1', name: 'Service provider 1' }],
    prefixes: [],
    links: [],
  });

/** Whole at once: a file that is read half written is refused, and read again when it is whole. */
async function put(text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

let directory: string;
let path: string;
let seen: number[][];
let refused: unknown[];
let follower: AsGraphFollower;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-as-graph-'));
  path = join(directory, 'graph.json');
  seen = [];
  refused = [];
  follower = createAsGraphFollower(
    { path, checkIntervalMs: 5 },
    {
      onGraph: (graph) => seen.push(graph.ases.map(({ asn }) => asn)),
      onRefused: (error) => refused.push(error),
    },
  );
});
afterEach(async () => {
  await follower.stop();
  await rm(directory, { recursive: true });
});

describe('the AS graph follower', () => {
  it('takes a changed file, keeps the graph before a wrong one, and tells of that once', async () => {
    await put(graphOf(64501));
    await follower.start();
    expect(seen).toEqual([[64501]]);
    await put(graphOf(64501, 64502));
    await expect.poll(() => seen).toEqual([[64501], [64501, 64502]]);
    await put('{"version": 1, "ases": [{"asn": 0}]}');
    await expect.poll(() => refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({
      code: 'as-graph-invalid',
      status: 400,
      message: expect.stringContaining('ases.0.asn'),
      errors: expect.arrayContaining([expect.objectContaining({ path: 'ases.0.asn' })]),
    });
    await put(graphOf(64503));
    await expect.poll(() => seen.at(-1)).toEqual([64503]);
    expect(refused).toHaveLength(1);
  });

  it('refuses to start without a right file, and names it', async () => {
    await expect(follower.start()).rejects.toMatchObject({
      code: 'as-graph-unreadable',
      message: expect.stringContaining(path),
    });
    await put('nonsense');
    await expect(follower.start()).rejects.toMatchObject({ code: 'as-graph-invalid' });
  });

  it('looks no more once it is stopped', async () => {
    await put(graphOf(64501));
    await follower.start();
    await follower.stop();
    await put(graphOf(64501, 64502));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen).toEqual([[64501]]);
  });
});
