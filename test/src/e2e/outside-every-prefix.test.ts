import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settledLedger, sumBytes } from './fixture/ledger.js';
import { MIB, startNetwork } from './fixture/network.js';

it('an agent outside of every prefix is served by the edge alone, and is booked as unattributed', async () => {
  const network = await startNetwork();
  const title = await network.publish('film', 4 * MIB);
  const seed = await network.startSeed('seed', { address: '127.1.0.1' }, title);
  const agent = await network.startAgent('agent', { address: '127.9.0.1' });
  expect(await agent.status()).toMatchObject({ address: '127.9.0.1', asn: null, isp: null });
  expect((await agent.status()).upload).toMatchObject({ ready: false, permit: null });

  const output = join(network.directory, 'film.bin');
  const result = await agent.download(title.id, output).result;
  expect(result).toMatchObject({ bytesFromEdges: title.sizeBytes, bytesFromPeers: 0, peers: 0 });
  expect(readFileSync(output).equals(title.bytes)).toBe(true);
  expect((await seed.status()).upload.sentThisMonthBytes).toBe(0);

  const events = await settledLedger(network, [agent, seed]);
  const received = events.filter(({ destination }) => destination === `host:${agent.key}`);
  expect(sumBytes(received)).toBe(title.sizeBytes);
  for (const event of received)
    expect(event).toMatchObject({ kind: 'edge-to-client', destinationAs: null, path: null });
  expect(await network.accountingClient.audit({})).toMatchObject({
    ok: true,
    unattributedEvents: received.length,
  });
  const { rows } = await network.accountingClient.query({
    body: { measure: 'bytes', groupBy: ['sourceIsp', 'destinationIsp'] },
  });
  expect(rows.find(({ key }) => key['destinationIsp'] === null)?.value).toBe(title.sizeBytes);
}, 60_000);
