import { get, type IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { type EndedCommand, run } from './fixture/cli-command.js';
import { MIB, type Network, startNetwork } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

const MBIT = 1_000_000;
/** Late timers, and what was sent before the policy was heard of. */
const SLACK_BITS = 2 * MBIT;

const policy = ({ coordinator }: Network, token: string, ...words: string[]): Promise<EndedCommand> =>
  run(['policy', ...words], {
    environment: { FAIRHOP_COORDINATOR: coordinator.url, FAIRHOP_TOKEN: token },
  });

/** A client that knows nothing of Fairhop, at an address of its own. Gives the bytes that it got. */
async function plainDownload(url: string, localAddress: string): Promise<number> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { localAddress }, resolve).once('error', reject);
  });
  const { location } = answer.headers;
  if (location !== undefined) {
    answer.resume();
    return plainDownload(location, localAddress);
  }
  let bytes = 0;
  for await (const chunk of answer) bytes += (chunk as Buffer).length;
  return bytes;
}

it('a full link is gone around: peers of another network take over from the edge behind it', async () => {
  const capacity = 4 * MBIT;
  const network = await startNetwork();
  const film = await network.publish('film', 12 * MIB);
  const link = ['--component', 'link:as:64500>as:64501', '--capacity', '4Mbit/s'];
  expect((await policy(network, network.operatorToken, 'set', 'into-sp1', ...link)).exitCode).toBe(0);
  const agent = await network.startAgent('agent', { address: '127.1.0.1' });
  const startMs = performance.now();
  const download = agent.download(film.id);
  const params = { id: 'into-sp1' };
  await waitUntil(
    'the link is full',
    () => network.coordinatorClient.getPolicy({ params }),
    ({ phase }) => phase === 'acting',
  );
  await download.progress(({ limitedBy }) => limitedBy.some((one) => one.policy === 'into-sp1'));
  const edgeOnly = (await agent.status()).downloads[0]!;
  expect(edgeOnly.bytesFromPeers).toBe(0);
  // SP2 gets it by another link, and passes it on by its peering with SP1.
  await network.startSeed('seed', { address: '127.2.0.1' }, film);
  const result = await download.result;
  const seconds = (performance.now() - startMs) / 1000;
  expect(result.peerIsps).toEqual(['sp2']);
  expect(result.bytesFromEdges * 8).toBeLessThan(capacity * seconds * 1.1 + SLACK_BITS);
  expect(result.bytesFromPeers).toBeGreaterThan(film.sizeBytes / 4);
  const shown = await policy(network, network.operatorToken, 'show', 'into-sp1');
  expect(shown.out).toMatch(/acting .*coordinator: .* over link:as:64500>as:64501 are taken/);
}, 90_000);

it('where there is no way around, all share the capacity, plain clients too, downloads say so, and it survives a restart', async () => {
  const capacity = 8 * MBIT;
  const network = await startNetwork();
  const film = await network.publish('film', 4 * MIB);
  const { apiKey } = await network.coordinatorClient.createIspApiKey({ params: { isp: 'sp3' } });
  const link = ['--component', 'link:as:64502>as:64503', '--capacity', '8Mbit/s'];
  expect(await policy(network, apiKey, 'set', 'into-sp3', ...link)).toMatchObject({
    exitCode: 0,
    out: 'into-sp3 is set: 8 Mbit/s over link:as:64502>as:64503, traffic: all, hours: always\n',
  });
  const agents = [
    await network.startAgent('one', { address: '127.3.0.1' }),
    await network.startAgent('other', { address: '127.3.0.2' }),
  ];
  await network.coordinator.kill();
  await network.coordinator.start();
  await waitUntil(
    'an edge and the agents are back',
    async () => ({
      edges: (await network.coordinatorClient.listEdges({})).edges,
      statuses: await Promise.all(agents.map((agent) => agent.status())),
    }),
    ({ edges, statuses }) =>
      edges.some(({ lastSeenMs }) => lastSeenMs > Date.now() - 2_000) &&
      statuses.every(({ online }) => online),
  );
  // A beat later the edge knows, and a moment after a transfer began its share.
  const startMs = performance.now();
  const downloads = agents.map((agent) => agent.download(film.id));
  const plain = plainDownload(`${network.coordinator.url}/t/${film.id}`, '127.3.0.3');
  const limited = await downloads[0]!.progress(({ limitedBy }) => limitedBy.length > 0);
  expect(limited.limitedBy).toEqual([{ policy: 'into-sp3', component: 'link:as:64502>as:64503' }]);
  const status = await run(['status', '--data-dir', agents[0]!.dataDirectory]);
  expect(status.out).toContain("a network's policy limits this download (into-sp3, link:as:64502>as:64503)");
  const results = await Promise.all(downloads.map(({ result }) => result));
  expect(results.map(({ bytes }) => bytes)).toEqual([film.sizeBytes, film.sizeBytes]);
  expect(await plain).toBe(film.sizeBytes);
  const bits = 3 * film.sizeBytes * 8;
  const seconds = (performance.now() - startMs) / 1000;
  expect(bits).toBeLessThan(capacity * seconds * 1.1 + SLACK_BITS);
  expect(await network.coordinatorClient.getPolicy({ params: { id: 'into-sp3' } })).toMatchObject({
    setBy: 'isp:sp3',
  });
}, 90_000);
