import type { BudgetOrder } from '@fairhop/shared/contract';
import { createManualClock, type ManualClock } from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  joinLeecher,
  joinSeeder,
  startCoordinator,
  type TestAgent,
  type TestCoordinator,
  title,
} from './fixture.js';

let coordinator: TestCoordinator;
let clock: ManualClock;
beforeEach(async () => {
  clock = createManualClock(Date.parse('2026-11-20T05:59:00Z'));
  coordinator = await startCoordinator({ clock });
});
afterEach(() => coordinator.stop());

const order = (change: Partial<BudgetOrder>): BudgetOrder => ({
  ...{ budget: 'launch', owner: title.owner, action: 'stop', untilMs: null },
  ...change,
});
const ask = (agent: TestAgent): void =>
  agent.send({
    ...{ type: 'find-sources', requestId: 77, title: title.id, maxPeers: 12, exclude: [] },
    bytesWanted: title.sizeBytes,
  });

describe('sources under a budget', () => {
  it('are edges alone with no-peers: what runs between agents ends, and what is refused is in the draws', async () => {
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const [peer] = (await leecher.findSources()).peers;
    coordinator.budgets.put(1, [order({ action: 'no-peers' })]);
    const { transferId } = peer!;
    expect(await leecher.next('revoke')).toMatchObject({
      transferId,
      reason: expect.stringMatching(/budget/),
    });
    expect(await seeder.next('revoke')).toMatchObject({ transferId });
    expect(coordinator.server.status().grants).toBe(0);
    const { peers, edges, onNetFetchers } = await leecher.findSources();
    expect([peers, onNetFetchers]).toEqual([[], []]);
    expect(edges).toHaveLength(1);
    expect(coordinator.draws.at(-1)).toMatchObject({
      ...{ downloader: leecher.identity.key, candidates: [], budget: { id: 'launch', action: 'no-peers' } },
    });
    coordinator.budgets.put(2, []);
    expect((await leecher.findSources()).peers).toHaveLength(1);
  });

  it('are refused with the reason once it stops, and titles of others are not', async () => {
    const seeder = await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    await leecher.findSources();
    coordinator.budgets.put(1, [order({ owner: 'other' })]);
    expect((await leecher.findSources()).edges).toHaveLength(1);
    expect(coordinator.server.status().grants).toBe(1);
    coordinator.budgets.put(2, [order({})]);
    await Promise.all([leecher.next('revoke'), seeder.next('revoke')]);
    ask(leecher);
    expect(await leecher.next('error')).toMatchObject({
      ...{
        code: 'budget-stopped',
        requestId: 77,
        message: expect.stringMatching(/studio's budget is used up/),
      },
    });
    expect(coordinator.draws.at(-1)?.budget).toEqual({ id: 'launch', action: 'stop', count: 1 });
  });

  it('are written down once a minute when they are refused, with how many that were', async () => {
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    coordinator.budgets.put(1, [order({})]);
    const refuse = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time += 1) {
        ask(leecher);
        await leecher.next('error');
      }
    };
    await refuse(3);
    const counts = () => coordinator.draws.map(({ budget }) => budget?.count);
    expect(counts()).toEqual([1]);
    clock.advance(60_000);
    await refuse(2);
    expect(counts()).toEqual([1, 3]);
    coordinator.budgets.put(2, [order({}), order({ owner: 'other' })]);
    await refuse(1);
    expect(counts()).toEqual([1, 3]);
  });

  it('end with the hours, and come back with them', async () => {
    await joinSeeder(coordinator, { address: '127.2.0.5' });
    const leecher = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const hours = { from: '01:00', to: '06:00', timeZone: 'UTC' };
    coordinator.budgets.put(1, [order({ action: 'off-peak-only', hours })]);
    expect((await leecher.findSources()).peers).toHaveLength(1);
    clock.advance(60_000);
    expect(await leecher.next('revoke')).toMatchObject({ reason: expect.stringMatching(/budget/) });
    ask(leecher);
    expect(await leecher.next('error')).toMatchObject({
      ...{ code: 'budget-off-peak-only', message: expect.stringMatching(/2026-11-21T01:00:00/) },
    });
    clock.advance(19 * 3_600_000);
    expect((await leecher.findSources()).peers).toHaveLength(1);
  });

  it('are for priority customers only: their transfers go on', async () => {
    await joinSeeder(coordinator, { address: '127.2.0.5' });
    const first = await joinLeecher(coordinator, { address: '127.1.0.5' });
    const other = await joinLeecher(coordinator, { address: '127.3.0.5' });
    await Promise.all([first.findSources(), other.findSources()]);
    expect(coordinator.server.status().grants).toBe(2);
    const priority = { agents: [], isps: ['sp1'], prefixes: [] };
    coordinator.budgets.put(1, [order({ action: 'priority-customers-only', priority })]);
    await other.next('revoke');
    expect(coordinator.server.status().grants).toBe(1);
    ask(other);
    expect(await other.next('error')).toMatchObject({ code: 'budget-priority-customers-only' });
    expect((await first.findSources()).edges).toHaveLength(1);
  });
});
