import type { EdgeTransfer } from '@fairhop/shared/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Edge } from '../edge.js';
import { Harness, MIB, someBytes, until } from '../testing/harness.js';

const film = someBytes(4 * MIB);
let harness: Harness;
let edge: Edge;
let contentId: string;
beforeEach(async () => {
  harness = await Harness.create();
  const origin = await harness.origin(film);
  // Some 30 seconds for the film.
  edge = await harness.edge({ rateBitsPerSecond: 1_000_000 });
  contentId = harness.coordinator.publish(film, { kind: 'http', url: origin.url }).contentId;
});
afterEach(() => harness.stop());

const stopAll = (transfers: readonly EdgeTransfer[]) => ({
  owners: ['studio'],
  refusals:
    transfers.length === 0
      ? []
      : [
          {
            code: 'budget-stopped',
            message: 'studio’s budget is used up',
            transfers: transfers.map(({ transferId }) => transferId),
          },
        ],
});
const begin = async (url: string) => {
  const response = await fetch(url);
  let bytes = 0;
  let end: 'running' | 'cut' | 'whole' = 'running';
  void (async () => {
    for await (const chunk of response.body!) bytes += chunk.length;
    end = 'whole';
  })().catch(() => {
    end = 'cut';
  });
  return { status: response.status, bytes: () => bytes, end: () => end };
};
const ask = async (url: string) => {
  const response = await fetch(url, { headers: { range: 'bytes=0-9' } });
  const text = await response.text();
  return { status: response.status, text };
};

describe('what budgets refuse', () => {
  it('ends where it runs, is refused with the reason, and is served again once it is allowed', async () => {
    const url = await harness.url(edge, contentId);
    const running = await begin(url);
    await until(() => running.bytes() > 0, 'it runs');
    harness.coordinator.budgetsOf = stopAll;
    await until(() => running.end() !== 'running', 'the response is ended');
    expect(running.end()).toBe('cut');
    expect(running.bytes()).toBeLessThan(film.length);
    const refused = await ask(url);
    expect(refused).toMatchObject({ status: 403, text: expect.stringContaining('budget-stopped') });
    expect(refused.text).toContain('studio’s budget is used up');
    harness.coordinator.budgetsOf = undefined;
    await until(async () => (await ask(url)).status === 206, 'the budget was raised');
  });

  it('begins with no byte where the coordinator was not asked about the transfer yet', async () => {
    harness.coordinator.budgetsOf = stopAll;
    await until(async () => (await ask(await harness.url(edge, contentId))).status === 403, 'it is told');
    expect(await ask(await harness.url(edge, contentId))).toMatchObject({ status: 403 });
  });

  it('leaves others alone: customers who are allowed, and titles of other owners', async () => {
    const [priority, other] = await Promise.all([
      harness.url(edge, contentId),
      harness.url(edge, contentId, { claims: { title: 'label/film' } }),
    ]);
    const runs = [await begin(priority), await begin(other)];
    let asked: readonly EdgeTransfer[] = [];
    harness.coordinator.budgetsOf = (transfers) => {
      asked = transfers;
      return stopAll([]);
    };
    await until(() => asked.length > 0, 'the edge tells of the transfer');
    expect(asked).toMatchObject([{ clientAddress: '127.0.0.1', title: expect.stringMatching(/^studio/) }]);
    expect(asked).toHaveLength(1);
    for (const { bytes } of runs) {
      const before = bytes();
      await until(() => bytes() > before, 'it runs on');
    }
    expect((await ask(priority)).status).toBe(206);
  });

  it('is what the coordinator said last while it is away; whom it said nothing of has its URL', async () => {
    const [refused, unknown] = await Promise.all([
      harness.url(edge, contentId),
      harness.url(edge, contentId),
    ]);
    harness.coordinator.budgetsOf = stopAll;
    await until(async () => (await ask(refused)).status === 403, 'it is told');
    await harness.coordinator.stop();
    expect((await ask(unknown)).status).toBe(206);
    expect((await ask(refused)).status).toBe(403);
  });
});
