import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AgentProcess } from './fixture/agent-process.js';
import { settledLedger, sumBytes } from './fixture/ledger.js';
import { MIB, type PublishedTitle, startNetwork } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

/** Changes each stored byte behind the back of the agent, which had verified them and goes on running. */
async function corruptStore(agent: AgentProcess, { contentId, sizeBytes }: PublishedTitle): Promise<void> {
  const file = await open(join(agent.dataDirectory, 'contents', contentId, 'data'), 'r+');
  const { bytesWritten } = await file.write(randomBytes(sizeBytes), 0, sizeBytes, 0);
  await file.close();
  expect(bytesWritten).toBe(sizeBytes);
}

it('a peer whose pieces are corrupt is dropped and reported, and is paid for nothing', async () => {
  // An edge that is not done before the peers are connected, on a busy machine either.
  const network = await startNetwork({ rateBitsPerSecond: 4_000_000 });
  const title = await network.publish('film', 6 * MIB);
  // One after the other, so that the corrupt one has uploaded nothing before.
  const honest = await network.startSeed('honest', { address: '127.1.0.1', uploadRate: '20Mbit/s' }, title);
  const corrupt = await network.startSeed('corrupt', { address: '127.1.0.2' }, title);
  await corruptStore(corrupt, title);

  const agent = await network.startAgent('agent', { address: '127.1.0.3' });
  const output = join(network.directory, 'film.bin');
  const result = await agent.download(title.id, output).result;
  expect(readFileSync(output).equals(title.bytes)).toBe(true);
  expect(result.bytes).toBe(title.sizeBytes);
  expect(result.wastedBytes).toBeGreaterThan(0);
  expect(result.bytesFromPeers).toBeGreaterThan(0);

  const report = await waitUntil(
    'the coordinator heard of it',
    () =>
      network.coordinator
        .output()
        .split('\n')
        .find((line) => line.includes('bad data reported')) ?? '',
    (line) => line !== '',
  );
  expect(JSON.parse(report)).toMatchObject({
    uploader: corrupt.key,
    downloader: agent.key,
    contentId: title.contentId,
  });
  await waitUntil(
    'it serves nobody any more',
    () => corrupt.status(),
    ({ upload }) => upload.running.length === 0,
  );
  expect((await corrupt.status()).upload.totals.map(({ acknowledgedBytes }) => acknowledgedBytes)).toEqual([
    0,
  ]);

  const events = await settledLedger(network, [agent, corrupt, honest]);
  expect(events.filter(({ source }) => source === `host:${corrupt.key}`)).toEqual([]);
  const byPeers = events.filter(
    ({ kind, destination }) => kind === 'client-to-client' && destination === `host:${agent.key}`,
  );
  expect(sumBytes(byPeers)).toBe(result.bytesFromPeers);
  expect(await network.accountingClient.audit({})).toMatchObject({ ok: true });
}, 120_000);
