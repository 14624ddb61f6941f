import { join } from 'node:path';
import { createManualClock, runProgram } from '@fairhop/shared/service';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestCoordinator } from '../fixture/coordinator.js';
import { createTestReporter, edgeTransfer } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { createWebhookReceiver, type WebhookReceiver } from '../fixture/webhook-receiver.js';
import { registerAccountingCommands } from './index.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };

let accounting: TestService;
let receiver: WebhookReceiver;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  const directory = createTestDirectory();
  // In the middle of a month and quarter, in whatever zone.
  const clock = createManualClock(Date.UTC(2026, 10, 20, 12));
  const coordinator = await createTestCoordinator(clock.nowMs);
  receiver = await createWebhookReceiver();
  const config = {
    asGraphFile: directory.graphFile,
    dataDirectory: join(directory.path, 'data'),
    coordinatorUrl: coordinator.url,
    coordinatorToken: 'a-token-that-is-refused',
    smtp: { host: '127.0.0.1', port: 9, from: 'alerts@cdn.example' },
    alertAttempts: 1,
  };
  accounting = await startTestService(config, clock);
  cleanups.push(directory.remove, coordinator.close, receiver.close, accounting.stop);
  const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
  const endMs = clock.nowMs() - 1_000;
  await edge.post([edgeTransfer({ bytes: 900_000_000, startMs: endMs - 60_000, endMs, sizeBytes: 1e9 })]);
});
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function ask(...argv: string[]): Promise<{ exitCode: number; out: string; error: string }> {
  const program = new Command('fairhop');
  registerAccountingCommands(program);
  let out = '';
  let error = '';
  const take = (text: unknown): boolean => {
    out += String(text);
    return true;
  };
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(take);
  const { url, service } = accounting;
  try {
    const streams = { out: { write: take }, error: { write: (text: string) => (error += text) } };
    const access = ['--accounting', url, '--token', service.operatorToken];
    return { exitCode: await runProgram(program, [...argv, ...access], streams), out, error };
  } finally {
    write.mockRestore();
  }
}

const set = (id: string, ...options: string[]) =>
  ask('owner', 'budget', 'set', id, '--owner', 'MovieStudio', '--limit', '1GB', ...options);

describe('fairhop owner budget', () => {
  it('sets all that a budget may have', async () => {
    const { out, exitCode, error } = await set(
      'full',
      ...['--title', 'moviestudio/film.mp4', '--category', 'film', '--kind', 'edge-to-client'],
      ...['--leaves', 'cdn', '--enters', 'sp1', '--crosses', 'as:64500', '--period', 'quarter'],
      ...['--tz', 'Europe/Lisbon', '--direction', 'above', '--basis', 'forecast', '--hysteresis', '3'],
      ...['--step', '50@email', '--step', '70:off-peak-only', '--off-peak', '01:00-06:00'],
      ...['--step', '80:priority-customers-only@webhook,email', '--priority-isp', 'sp1,sp2'],
      ...['--priority-prefix', '127.1.0.0/16', '--step', '90%:no-peers', '--step', '100:stop'],
      ...['--email', 'ops@studio.example', '--email', 'cfo@studio.example'],
      ...['--webhook', receiver.url, '--json'],
    );
    expect([exitCode, error]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({
      id: 'full',
      owner: 'moviestudio',
      title: 'moviestudio/film.mp4',
      category: 'film',
      kind: 'edge-to-client',
      leaves: 'cdn',
      enters: 'sp1',
      crosses: ['as:64500'],
      limitBytes: 1e9,
      period: 'quarter',
      timeZone: 'Europe/Lisbon',
      basis: 'forecast',
      hysteresisPercent: 3,
      steps: [
        { percent: 50, channels: ['email'] },
        { percent: 70, action: 'off-peak-only' },
        { percent: 80, action: 'priority-customers-only', channels: ['webhook', 'email'] },
        { percent: 90, action: 'no-peers' },
        { percent: 100, action: 'stop' },
      ],
      offPeakHours: { from: '01:00', to: '06:00' },
      priority: { isps: ['sp1', 'sp2'], prefixes: ['127.1.0.0/16'], agents: [] },
      email: ['ops@studio.example', 'cfo@studio.example'],
      webhookUrl: receiver.url,
      webhookSecret: expect.stringMatching(/^whsec_/),
      usedBytes: 900_000_000,
    });
    expect((await ask('owner', 'budget', 'remove', 'full')).exitCode).toBe(0);
  });

  it('shows which steps act, and whether the coordinator has taken it', async () => {
    const { out } = await set('acts', '--step', '80:no-peers', '--step', '100:stop');
    expect(out).toMatch(/told at 80 % \(no-peers\), 100 % \(stop\); 900 MB|858\.3 MiB/);
    const list = await ask('owner', 'budget', 'list');
    expect(list.out).toMatch(/acts +moviestudio +month/);
    expect(list.out).toMatch(/1 steps? acts?, and the coordinator has not taken it yet/);
    expect((await ask('owner', 'budget', 'remove', 'acts')).exitCode).toBe(0);
  });

  it('refuses steps that are none, naming what is right', async () => {
    for (const step of ['full', '80:explode', '80@pigeon', '80:'])
      expect(await set('b', '--step', step)).toMatchObject({
        exitCode: 2,
        error: expect.stringContaining('no-peers, off-peak-only'),
      });
    expect(await set('b', '--step', '80', '--steps', '80')).toMatchObject({ exitCode: 2 });
    const missing = await set('b', '--step', '80:off-peak-only');
    expect(missing).toMatchObject({ exitCode: 2, error: expect.stringContaining('offPeakHours') });
  });
});

describe('fairhop alerts', () => {
  it('lists what could not be told, and sends it again', async () => {
    receiver.answerNext((response) => response.writeHead(500).end());
    await set('dead', '--steps', '90', '--webhook', receiver.url);
    const dead = async () =>
      JSON.parse((await ask('alerts', '--state', 'dead', '--json')).out) as { id: string }[];
    await expect.poll(dead, patience).toHaveLength(1);
    const [{ id } = { id: '' }] = await dead();
    expect((await ask('alerts', '--budget', 'dead')).out).toMatch(/dead +90 % +reached .*status 500/);
    expect((await ask('owner', 'alerts', '--state', 'delivered')).out).toBe('No alert is delivered.\n');
    expect(await ask('alerts', 'retry', id)).toMatchObject({
      exitCode: 0,
      out: `Alert ${id} is sent again.\n`,
    });
    await expect.poll(async () => (await ask('alerts', '--state', 'delivered')).out, patience).toContain(id);
    expect(receiver.received.filter((webhook) => webhook.id === id)).toHaveLength(2);
    expect(await ask('alerts', 'retry', id)).toMatchObject({ exitCode: 6 });
    expect(await ask('alerts', 'retry', 'msg_none')).toMatchObject({ exitCode: 3 });
  });
});
