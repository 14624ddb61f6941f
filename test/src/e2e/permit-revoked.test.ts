import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startFairhop } from './fixture/fairhop-process.js';
import { MIB, startNetwork } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

/** What the withdrawal of an agreement promises. */
const STOP_WITHIN_MS = 5_000;

it('uploads end when their ISP withdraws its agreement, and downloads go on from elsewhere', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 12 * MIB);
  const [inSp1, inSp2] = await Promise.all([
    network.startSeed('sp1-seed', { address: '127.1.0.1' }, title),
    network.startSeed('sp2-seed', { address: '127.2.0.1', uploadRate: '4Mbit/s' }, title),
  ]);
  const agent = await network.startAgent('agent', { address: '127.3.0.1', downloadRate: '16Mbit/s' });
  const output = join(network.directory, 'film.bin');
  const running = agent.download(title.id, output);
  await waitUntil(
    'SP1 uploads',
    () => inSp1.status(),
    ({ upload }) => upload.sentThisMonthBytes >= MIB,
  );

  const words = ['isp', 'agreement', 'withdraw', 'sp1', 'uplinks', '--coordinator', network.coordinator.url];
  expect(await startFairhop(words, { FAIRHOP_TOKEN: network.operatorToken }).ended).toBe(0);
  const { upload: stopped } = await waitUntil(
    'uploads of SP1 have stopped',
    () => inSp1.status(),
    ({ upload }) => upload.running.length === 0,
    STOP_WITHIN_MS,
  );
  expect(running.isOver).toBe(false);
  expect(stopped).toMatchObject({ ready: false, permit: null });

  const result = await running.result;
  expect(readFileSync(output).equals(title.bytes)).toBe(true);
  expect(result).toMatchObject({ bytes: title.sizeBytes, uploadsWithoutPermit: 0 });
  // Not a byte since, while the other ISP's subscriber went on.
  expect((await inSp1.status()).upload.sentThisMonthBytes).toBe(stopped.sentThisMonthBytes);
  const { upload } = await inSp2.status();
  expect(upload).toMatchObject({ ready: true });
  expect(upload.sentThisMonthBytes + stopped.sentThisMonthBytes).toBeGreaterThanOrEqual(
    result.bytesFromPeers,
  );
}, 60_000);
