import { get } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Harness, MIB, someBytes, until } from '../testing/harness.js';

let harness: Harness;
beforeEach(async () => {
  harness = await Harness.create();
});
afterEach(() => harness.stop());

const runningResponses = async (url: string): Promise<number> => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/fairhop_edge_running_responses\{.*\} (\d+)/.exec(metrics)?.[1]);
};

it('ends a response of which the client takes nothing', async () => {
  const film = someBytes(24 * MIB);
  const origin = await harness.origin(film);
  const edge = await harness.edge({ writeTimeoutMs: 2_000 });
  const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
  const { pathname, search, port } = new URL(await harness.url(edge, contentId));
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: edge\r\n\r\n`);
  await until(async () => (await runningResponses(edge.url)) === 1, 'the response runs');
  await until(async () => (await runningResponses(edge.url)) === 0, 'the response is ended');
  socket.destroy();
});

it('takes no more responses than it may', async () => {
  const film = someBytes(2 * MIB);
  const origin = await harness.origin(film);
  const edge = await harness.edge({ maxResponses: 1, rateBitsPerSecond: 8_000_000 });
  const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
  const url = await harness.url(edge, contentId);
  const running = await fetch(url);
  const refused = await fetch(url);
  expect(refused.status).toBe(503);
  expect(((await refused.json()) as { code: string }).code).toBe('edge-busy');
  expect((await running.arrayBuffer()).byteLength).toBe(film.length);
  // The client has the last byte a moment before the edge knows.
  const isServed = async () => (await fetch(url, { headers: { range: 'bytes=0-1' } })).status === 206;
  await until(isServed, 'there is room again');
});

it('keeps room for others when one address asks for too much', async () => {
  const film = someBytes(2 * MIB);
  const origin = await harness.origin(film);
  const edge = await harness.edge({ maxResponsesPerAddress: 1, rateBitsPerSecond: 8_000_000 });
  const { contentId } = harness.coordinator.publish(film, { kind: 'http', url: origin.url });
  const url = await harness.url(edge, contentId);
  const running = await fetch(url);
  const refused = await fetch(url);
  expect(refused.status).toBe(429);
  expect(((await refused.json()) as { code: string }).code).toBe('too-many-responses');
  const status = await new Promise((resolve, reject) => {
    const asked = get(url, { localAddress: '127.0.0.9', headers: { range: 'bytes=0-1' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject);
  });
  expect(status).toBe(206);
  expect((await running.arrayBuffer()).byteLength).toBe(film.length);
  // The client has the last byte a moment before the edge knows.
  const isServed = async () => (await fetch(url, { headers: { range: 'bytes=0-1' } })).status === 206;
  await until(isServed, 'there is room again');
});
