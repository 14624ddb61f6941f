import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repeatedParts, settledLedger, sumBytes } from './fixture/ledger.js';
import { MIB, startNetwork } from './fixture/network.js';

it('an agent that is killed goes on from what it had verified, which is booked, and nothing is booked twice', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 8 * MIB);
  const seed = await network.startSeed('seed', { address: '127.2.0.1' }, title);
  const agent = await network.startAgent('agent', { address: '127.1.0.1', downloadRate: '16Mbit/s' });

  const first = agent.download(title.id);
  const before = await first.progress(({ verifiedBytes }) => verifiedBytes >= 3 * MIB);
  expect(first.isOver).toBe(false);
  await agent.kill();
  await expect(first.result).rejects.toThrow();

  await agent.start();
  const output = join(network.directory, 'film.bin');
  const result = await agent.download(title.id, output).result;
  expect(result.verifiedBytes).toBe(title.sizeBytes);
  expect(result.bytes).toBeLessThanOrEqual(title.sizeBytes - before.verifiedBytes);
  expect(readFileSync(output).equals(title.bytes)).toBe(true);

  const { totals, sentThisMonthBytes } = (await seed.status()).upload;
  const events = await settledLedger(network, [agent, seed]);
  const received = events.filter(({ destination }) => destination === `host:${agent.key}`);
  // What was verified before the kill is accounted for: the file counts as complete.
  expect(sumBytes(received)).toBeGreaterThanOrEqual(title.sizeBytes);
  const { value, files } = await network.accountingClient.query({
    body: { measure: 'files', destinationHost: `host:${agent.key}` },
  });
  expect(value).toBe(1);
  expect(files).toMatchObject([{ title: title.id, contentId: title.contentId, sizeBytes: title.sizeBytes }]);
  expect(repeatedParts(events)).toEqual([]);
  // Each byte that the seed was given a receipt for is there, none that it did not send.
  const fromSeed = sumBytes(received.filter(({ source }) => source === `host:${seed.key}`));
  const acknowledged = totals.reduce((sum, { acknowledgedBytes }) => sum + acknowledgedBytes, 0);
  expect(fromSeed).toBeGreaterThanOrEqual(acknowledged);
  expect(fromSeed).toBeLessThanOrEqual(sentThisMonthBytes);
  expect(acknowledged).toBeGreaterThan(0);
  expect(await network.accountingClient.audit({})).toMatchObject({ ok: true });
}, 60_000);
