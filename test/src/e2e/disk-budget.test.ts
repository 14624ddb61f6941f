import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MIB, startNetwork } from './fixture/network.js';

it('an agent without room for a title says so, and keeps what it holds', async () => {
  const network = await startNetwork();
  const [small, large] = await Promise.all([
    network.publish('small', 4 * MIB),
    network.publish('large', 8 * MIB),
  ]);
  const agent = await network.startAgent('agent', { address: '127.1.0.1', diskBudget: '6MiB' });
  await agent.download(small.id).result;
  await expect(agent.download(large.id).result).rejects.toMatchObject({
    code: 'disk-budget-exceeded',
    message: expect.stringMatching(/8388608.*6291456.*--disk-budget/),
  });
  expect((await agent.status()).contents).toMatchObject([{ title: small.id, complete: true }]);
  const output = join(network.directory, 'small.bin');
  const again = await agent.download(small.id, output).result;
  expect(again.bytes).toBe(0);
  expect(readFileSync(output).equals(small.bytes)).toBe(true);
}, 60_000);

it('an edge serves a title that is larger than its cache', async () => {
  const cacheBytes = 16 * MIB;
  const network = await startNetwork({ cacheBytes });
  const title = await network.publish('film', 24 * MIB);
  const agent = await network.startAgent('agent', { address: '127.3.0.1' });
  const output = join(network.directory, 'film.bin');
  const result = await agent.download(title.id, output).result;
  expect(result).toMatchObject({ bytesFromEdges: title.sizeBytes, bytesFromPeers: 0 });
  expect(readFileSync(output).equals(title.bytes)).toBe(true);
  expect(await pieceBytesOf(join(network.directory, 'edge'), title.contentId)).toBeLessThanOrEqual(
    cacheBytes,
  );
}, 60_000);

async function pieceBytesOf(directory: string, contentId: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.parentPath.endsWith(contentId) && entry.name.endsWith('.piece'),
  );
  expect(files.length).toBeGreaterThan(0);
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
