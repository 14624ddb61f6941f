import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { coordinatorTrustEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { expect, it, onTestFinished } from 'vitest';
import { startFairhop } from './fixture/fairhop-process.js';
import { MIB, startNetwork } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

it('honest agents pass every audit; one in quarantine uploads nothing, hears why, and downloads from edges', async () => {
  // An edge that is not done before the peer is connected, on a busy machine either.
  const network = await startNetwork(
    { rateBitsPerSecond: 4_000_000 },
    { audits: { probabilityPerPiece: 1 } },
  );
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const trust = createClient(coordinatorTrustEndpoints, {
    http,
    baseUrl: network.coordinator.url,
    token: network.operatorToken,
  });
  const film = await network.publish('film', 6 * MIB);
  const other = await network.publish('other', 2 * MIB);
  const seed = await network.startSeed('seed', { address: '127.1.0.1' }, film);
  const agent = await network.startAgent('agent', { address: '127.1.0.2', downloadRate: '16Mbit/s' });
  const output = join(network.directory, 'film.bin');
  expect((await agent.download(film.id, output).result).bytesFromPeers).toBeGreaterThan(0);
  expect(readFileSync(output).equals(film.bytes)).toBe(true);
  const { audits } = await waitUntil(
    'audits have ended',
    () => trust.listAudits({ query: { limit: 1_000 } }),
    (listed) => listed.audits.length > 2 && listed.audits.every(({ outcome }) => outcome !== 'pending'),
  );
  expect(new Set(audits.map(({ outcome }) => outcome))).toEqual(new Set(['passed']));

  const fairhop = (...words: string[]) =>
    startFairhop([...words, '--coordinator', network.coordinator.url], {
      FAIRHOP_TOKEN: network.operatorToken,
    }).ended;
  expect(await fairhop('quarantine', 'put', agent.key, '--reason', 'claims what nobody sent')).toBe(0);
  const held = await waitUntil(
    'the agent knows of its quarantine',
    () => agent.status(),
    ({ quarantine }) => quarantine !== null,
  );
  expect(held.quarantine).toEqual({ reasons: ['claims what nobody sent'], untilMs: null });
  expect(held.upload.ready).toBe(false);
  await seed.download(other.id).result;
  expect(await agent.download(other.id).result).toMatchObject({ bytesFromPeers: 0, bytes: 2 * MIB });
  expect((await agent.status()).upload.sentThisMonthBytes).toBe(0);
  expect(await fairhop('quarantine', 'release', agent.key)).toBe(0);
  await waitUntil(
    'the agent is free',
    () => agent.status(),
    ({ quarantine, upload }) => quarantine === null && upload.ready,
  );
}, 120_000);
