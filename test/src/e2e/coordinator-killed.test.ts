import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MIB, startNetwork } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

it('downloads go on while the coordinator is away, and it knows the swarm again when it is back', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 8 * MIB);
  const seed = await network.startSeed('seed', { address: '127.1.0.1' }, title);
  const agent = await network.startAgent('agent', { address: '127.2.0.1', downloadRate: '16Mbit/s' });
  const output = join(network.directory, 'film.bin');
  const running = agent.download(title.id, output);
  const before = await running.progress(({ bytesFromPeers }) => bytesFromPeers >= MIB);

  await network.coordinator.kill();
  expect(before.verifiedBytes).toBeLessThan(title.sizeBytes);
  const result = await running.result;
  await expect(fetch(`${network.coordinator.url}/healthz`)).rejects.toThrow();
  expect(result.bytes).toBe(title.sizeBytes);
  expect(result.bytesFromPeers).toBeGreaterThan(before.bytesFromPeers);
  expect(readFileSync(output).equals(title.bytes)).toBe(true);

  await network.coordinator.start();
  const { swarms } = await waitUntil(
    'both agents told what they hold',
    () => network.coordinatorClient.status({}),
    (status) => status.swarms.some(({ complete }) => complete === 2),
  );
  expect(swarms).toEqual([{ contentId: title.contentId, agents: 2, complete: 2 }]);
  const late = await network.startAgent('late', { address: '127.2.0.2', downloadRate: '16Mbit/s' });
  const lateResult = await late.download(title.id).result;
  expect(lateResult.bytesFromPeers).toBeGreaterThan(0);
  expect(lateResult.uploadsWithoutPermit).toBe(0);
  const { sentThisMonthBytes } = (await seed.status()).upload;
  expect(sentThisMonthBytes).toBeGreaterThanOrEqual(result.bytesFromPeers);
}, 60_000);
