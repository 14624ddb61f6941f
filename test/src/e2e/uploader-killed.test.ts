import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { settledLedger, sumBytes } from './fixture/ledger.js';
import { MIB, startNetwork } from './fixture/network.js';

interface Ends {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly isOver: number;
}

it('an uploader that is killed signs with its next start what it had sent, which covers every receipt', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 16 * MIB);
  const seed = await network.startSeed('seed', { address: '127.2.0.1' }, title);
  const agent = await network.startAgent('agent', { address: '127.1.0.1', downloadRate: '16Mbit/s' });

  const running = agent.download(title.id);
  await running.progress(({ bytesFromPeers }) => bytesFromPeers >= 2 * MIB);
  await seed.kill();
  await seed.start();
  expect((await running.result).verifiedBytes).toBe(title.sizeBytes);
  const events = await settledLedger(network, [agent, seed]);
  const fromSeed = sumBytes(events.filter(({ source }) => source === `host:${seed.key}`));

  const ledger = new Database(join(network.directory, 'accounting', 'ledger.db'), { readonly: true });
  const ends = ledger
    .prepare<[], Ends>(
      `SELECT max(bytes) FILTER (WHERE is_uploader) AS sentBytes, max(is_last) AS isOver,
         max(bytes) FILTER (WHERE NOT is_uploader) AS receivedBytes FROM signed_words GROUP BY transfer_id`,
    )
    .all();
  const contradictions = ledger.prepare('SELECT * FROM contradictions').all();
  ledger.close();
  expect(contradictions).toEqual([]);
  expect(ends.map(({ isOver }) => isOver)).toEqual(ends.map(() => 1));
  expect(ends.filter(({ sentBytes, receivedBytes }) => sentBytes < receivedBytes)).toEqual([]);
  expect(fromSeed).toBeGreaterThanOrEqual(2 * MIB);
  expect(ends.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)).toBe(fromSeed);
}, 60_000);
