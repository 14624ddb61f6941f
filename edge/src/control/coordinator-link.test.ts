import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEdge } from '../edge.js';
import { Harness, MIB, someBytes, until } from '../testing/harness.js';
import { createTestCoordinator, silentLog } from '../testing/test-coordinator.js';

const bytes = someBytes(MIB);
let harness: Harness;
beforeEach(async () => {
  harness = await Harness.create();
});
afterEach(() => harness.stop());

describe('an edge and its coordinator', () => {
  it('registers once, and is known by its key afterwards', async () => {
    const edge = await harness.edge();
    const { key } = edge;
    await edge.stop();
    const again = await harness.edge({ joinToken: undefined });
    expect(again.key).toBe(key);
    expect((await fetch(`${again.url}/readyz`)).status).toBe(200);
    const keyFile = join(harness.directory, 'edge', 'identity.pem');
    expect(await readFile(keyFile, 'utf8')).toContain('PRIVATE KEY');
    if (process.platform !== 'win32') expect((await stat(keyFile)).mode & 0o077).toBe(0);
  });

  it.each([
    ['join-token-missing', undefined],
    ['join-token-unknown', 'nonsense'],
  ])('does not start with %s, and leaves nothing behind', async (code, joinToken) => {
    const edge = createEdge(harness.config({ joinToken }), { log: silentLog });
    await expect(edge.start()).rejects.toMatchObject({ code });
    const good = await harness.edge();
    expect((await fetch(`${good.url}/readyz`)).status).toBe(200);
  });

  it('waits for a coordinator that is not there yet, and is not ready until then', async () => {
    const [port] = (await freePorts('127.0.0.1', 1)) as [number];
    const late = createTestCoordinator({ port });
    const edge = await harness.edge({
      coordinatorUrl: `http://127.0.0.1:${port}`,
      joinToken: late.joinToken,
    });
    expect((await fetch(`${edge.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${edge.url}/healthz`)).status).toBe(200);
    await late.start();
    harness.cleanups.push(() => late.stop());
    await until(async () => (await fetch(`${edge.url}/readyz`)).status === 200, 'the edge is ready');
  });

  it('tells what it sends while policies are in force, and sends no faster than it is told, plain clients too', async () => {
    const film = someBytes(4 * MIB);
    const origin = await harness.origin(film);
    const edge = await harness.edge({ heartbeatMs: 200 });
    const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    await (await fetch(url)).arrayBuffer();
    await until(() => harness.coordinator.transfers.length === 0, 'nobody asks without a policy');
    harness.coordinator.limitsOf = () => [];
    await until(() => harness.coordinator.transfers.length === 1, 'it tells of its transfers');
    const [transfer] = harness.coordinator.transfers;
    expect(transfer).toMatchObject({ clientAddress: '127.0.0.1', bytes: 4 * MIB });
    const rateBitsPerSecond = 16_000_000;
    harness.coordinator.limitsOf = (transfers) => [
      { policy: 'p', rateBitsPerSecond, transfers: transfers.map(({ transferId }) => transferId) },
    ];
    let beats = 0;
    const limitsOf = harness.coordinator.limitsOf;
    harness.coordinator.limitsOf = (transfers) => {
      beats += 1;
      return limitsOf(transfers);
    };
    await until(() => beats > 1, 'it knows the limit');
    const startMs = performance.now();
    await (await fetch(url)).arrayBuffer();
    // 100 ms at the rate may go at once, and a slice more.
    const leastMs = ((4 * MIB - 64 * 1024) * 8_000) / rateBitsPerSecond - 200;
    expect(performance.now() - startMs).toBeGreaterThan(leastMs);
    harness.coordinator.limitsOf = undefined;
    await until(() => harness.coordinator.transfers.length === 0, 'the policy is over');
  });

  it('asks for a content once, however many want it', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    await Promise.all(Array.from({ length: 20 }, () => fetch(url, { method: 'HEAD' })));
    expect(harness.coordinator.sourceRequests()).toBe(1);
  });

  it('refuses a manifest that does not match its root', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const title = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    title.manifest.pieceLayer = Buffer.alloc(4 * 32, 7).toString('base64');
    const answer = await fetch(await harness.url(edge, title.contentId));
    expect(answer.status).toBe(422);
    expect(((await answer.json()) as { code: string }).code).toBe('manifest-root-mismatch');
    expect(origin.ranges).toEqual([]);
  });

  it('counts what it does', async () => {
    const origin = await harness.origin(bytes);
    const edge = await harness.edge();
    const { contentId } = harness.coordinator.publish(bytes, { kind: 'http', url: origin.url });
    const url = await harness.url(edge, contentId);
    await (await fetch(url)).arrayBuffer();
    await (await fetch(url)).arrayBuffer();
    const metrics = await (await fetch(`${edge.url}/metrics`)).text();
    expect(metrics).toMatch(/fairhop_edge_pieces_total\{result="hit".*\} [4-9]/);
    expect(metrics).toMatch(/fairhop_edge_fills_total\{outcome="filled".*\} 1/);
    expect(metrics).toMatch(new RegExp(`fairhop_edge_bytes_total\\{kind="edge-to-client".*\\} ${2 * MIB}`));
    expect(metrics).toMatch(new RegExp(`fairhop_edge_cache_bytes\\{.*\\} ${MIB}`));
  });
});

describe('bad surroundings', () => {
  it('names a port in use and a locked data directory', async () => {
    const edge = await harness.edge();
    const port = Number(new URL(edge.url).port);
    const elsewhere = harness.config({ port, dataDirectory: join(harness.directory, 'other') });
    await expect(createEdge(elsewhere, { log: silentLog }).start()).rejects.toMatchObject({
      code: 'port-in-use',
    });
    await expect(createEdge(harness.config(), { log: silentLog }).start()).rejects.toMatchObject({
      code: 'data-directory-locked',
    });
  });

  it('refuses a data directory of a newer version, and leaves it as it is', async () => {
    const edge = await harness.edge();
    await edge.stop();
    const file = join(harness.config().dataDirectory, 'format.json');
    const format = `${JSON.stringify({ name: 'edge', version: 999 })}\n`;
    await writeFile(file, format);
    await expect(createEdge(harness.config(), { log: silentLog }).start()).rejects.toMatchObject({
      code: 'data-directory-newer',
    });
    expect(await readFile(file, 'utf8')).toBe(format);
  });

  it('asks for a join token when it has to register and was given none, and not afterwards', async () => {
    let asked = 0;
    const { joinToken, ...config } = harness.config();
    const makeJoinToken = async () => {
      asked += 1;
      return joinToken;
    };
    for (let start = 0; start < 2; start += 1) {
      const edge = createEdge(config, { log: silentLog, makeJoinToken });
      await edge.start();
      await edge.stop();
    }
    expect(asked).toBe(1);
  });
});
