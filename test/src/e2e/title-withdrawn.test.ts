import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MIB, OWNER, startNetwork } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

it('a title that is withdrawn in the middle of a download is given to nobody any more', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 8 * MIB);
  const other = await network.publish('other', MIB);
  const seed = await network.startSeed('seed', { address: '127.1.0.1' }, title);
  const agent = await network.startAgent('agent', { address: '127.2.0.1', downloadRate: '8Mbit/s' });
  const landing = `${network.coordinator.url}/t/${title.id}`;
  const edgeUrl = (await fetch(landing, { redirect: 'manual' })).headers.get('location') ?? '';
  expect((await fetch(edgeUrl, { method: 'HEAD' })).status).toBe(200);

  const output = join(network.directory, 'film.bin');
  const running = agent.download(title.id, output);
  await running.progress(({ verifiedBytes }) => verifiedBytes >= MIB);
  await network.coordinatorClient.withdraw({ params: { owner: OWNER, name: 'film' } });

  await expect(running.result).rejects.toMatchObject({ code: 'title-withdrawn' });
  expect(existsSync(output)).toBe(false);
  await waitUntil(
    'the edge refuses it',
    async () => (await fetch(edgeUrl, { headers: { range: 'bytes=0-9' } })).status,
    (status) => status === 410,
  );
  expect((await fetch(landing, { redirect: 'manual' })).status).toBe(410);
  await waitUntil(
    'nobody holds it',
    async () => (await Promise.all([agent.status(), seed.status()])).flatMap(({ contents }) => contents),
    (contents) => contents.length === 0,
  );
  await expect(agent.download(title.id).result).rejects.toMatchObject({ code: 'title-withdrawn' });
  await expect(seed.download(title.contentId).result).rejects.toMatchObject({ code: 'title-unknown' });
  // Both go on as if nothing had been.
  expect((await agent.download(other.id).result).verifiedBytes).toBe(other.sizeBytes);
  expect([agent.process.isRunning, seed.process.isRunning]).toEqual([true, true]);
}, 60_000);
