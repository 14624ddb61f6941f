import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { repeatedParts, settledLedger, sumBytes } from './fixture/ledger.js';
import { MIB, startNetwork } from './fixture/network.js';

/** After a start; whatever it is doing then is cut, an ingest anywhere. */
const PAUSES_MS = [0, 150, 400, 800];

it('accounting that is killed again and again while reports come loses nothing and doubles nothing', async () => {
  // An edge that is not done before the peers are connected, on a busy machine either.
  const network = await startNetwork({ rateBitsPerSecond: 4_000_000 });
  const titles = await Promise.all(
    Array.from({ length: 3 }, (_, index) => network.publish(`film-${index}`, 2 * MIB)),
  );
  const agents = await Promise.all(
    ['127.1.0.1', '127.2.0.1', '127.3.0.1'].map((address, index) =>
      network.startAgent(`agent-${index}`, { address, downloadRate: '12Mbit/s' }),
    ),
  );
  const results = agents.map(async (agent) => {
    let bytes = 0;
    for (const { id } of titles) bytes += (await agent.download(id).result).bytes;
    return bytes;
  });
  let isOver = false;
  const downloaded = Promise.all(results).finally(() => {
    isOver = true;
  });

  for (let kills = 0; kills < PAUSES_MS.length || !isOver; kills++) {
    await sleep(PAUSES_MS[kills % PAUSES_MS.length]);
    await network.accounting.kill();
    await network.accounting.start();
  }
  const bytesByAgent = await downloaded;

  const events = await settledLedger(network, agents);
  for (const [index, agent] of agents.entries()) {
    const received = events.filter(({ destination }) => destination === `host:${agent.key}`);
    expect(sumBytes(received)).toBe(bytesByAgent[index]);
  }
  expect(sumBytes(events)).toBe(agents.length * titles.length * 2 * MIB);
  expect(events.some(({ kind }) => kind === 'client-to-client')).toBe(true);
  expect(repeatedParts(events)).toEqual([]);
  expect(await network.accountingClient.audit({})).toMatchObject({ ok: true, bytes: sumBytes(events) });
}, 180_000);
