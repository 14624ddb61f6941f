import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from './free-ports.js';

const taken: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
  await Promise.all(taken.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});
const take = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
    taken.push(server);
  });

describe('free ports', () => {
  it('are others each time, though nobody listens yet at those of before', async () => {
    const [some, more] = await Promise.all([freePorts('127.0.0.1', 3), freePorts('127.0.0.1', 3)]);
    expect(new Set([...some, ...more]).size).toBe(6);
    // A system gives none of these to `listen(0)`.
    for (const port of [...some, ...more]) expect(port).toBeLessThan(32_768);
    await Promise.all([...some, ...more].map(take));
  });

  it('are none of those at which somebody listens', async () => {
    const [port] = await freePorts('127.0.0.1', 1);
    const following = [port! + 1, port! + 2, port! + 3].map((each) => (each < 30_000 ? each : each - 10_000));
    const results = await Promise.allSettled(following.map(take));
    const held = following.filter((_, index) => results[index]?.status === 'fulfilled');
    const [free] = await freePorts('127.0.0.1', 1);
    expect(held).not.toContain(free);
    expect(held).not.toEqual([]);
  });

  it('are not looked for at an address that is not this machine’s', async () => {
    await expect(freePorts('192.0.2.1', 1)).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
  });
});
