import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentStatus, createControlClient, type DownloadResult } from '@fairhop/client-agent';
import { expect, it } from 'vitest';
import { type RunningCommand, type } from './fixture/cli-command.js';
import { startUp, type Up } from './fixture/cli-up.js';
import { MIB } from './fixture/network.js';
import { waitUntil } from './fixture/wait-until.js';

const ADDRESS = '127.1.0.1';

const startAgent = (up: Up, ...more: string[]): RunningCommand =>
  type(
    [
      'agent',
      '--consent',
      '--data-dir',
      'agent',
      '--bind',
      ADDRESS,
      '--coordinator',
      up.coordinatorUrl,
      ...more,
    ],
    up.options,
  );

const onlineStatus = (up: Up): Promise<AgentStatus> =>
  waitUntil(
    'the agent is online',
    () => createControlClient(join(up.directory, 'agent')).status(),
    ({ online }) => online,
  );

/** The agent's key, which the ISP signs for. */
async function readAgentKey(up: Up): Promise<string> {
  const agent = startAgent(up);
  const status = await onlineStatus(up);
  expect(status.upload).toMatchObject({ ready: false, permit: null });
  expect((await agent.terminate()).exitCode).toBe(0);
  return status.agent;
}

async function sign(up: Up, file: string, ...words: string[]): Promise<void> {
  const signed = await up.run(
    'isp',
    'permit',
    'sign',
    '--isp',
    'sp1',
    '--networks',
    '127.1.0.0/16',
    ...words,
  );
  expect(signed).toMatchObject({ exitCode: 0, error: '' });
  writeFileSync(join(up.directory, file), signed.out);
}

async function makeKey(up: Up, file: string, keyId?: string): Promise<void> {
  expect(await up.run('isp', 'permit-key', 'new', file)).toMatchObject({ exitCode: 0 });
  if (keyId === undefined) return;
  expect(await up.run('isp', 'permit-key', 'add', 'sp1', keyId, '--key', file)).toMatchObject({
    exitCode: 0,
  });
}

it('a permit that the ISP signed lets its subscriber upload, and another downloads from there', async () => {
  // An edge that is not done before the peer is connected, on a busy machine either.
  const up = await startUp('--edge-rate', '4Mbit/s');
  const film = randomBytes(4 * MIB);
  writeFileSync(join(up.directory, 'film'), film);
  await up.run('owner', 'add', 'studio');
  expect(await up.run('publish', 'film', '--owner', 'studio')).toMatchObject({ exitCode: 0 });

  await makeKey(up, 'sp1.pem', 'k1');
  const key = await readAgentKey(up);
  await sign(up, 'permit.jwt', '--key', 'sp1.pem', '--key-id', 'k1', '--agent', key);
  const agent = startAgent(
    up,
    '--permit',
    'permit.jwt',
    '--upload-rate',
    '100Mbit/s',
    '--get',
    'studio/film',
  );
  const hasFilm = (out: string): boolean => /studio\/film: .*, verified;/.test(out);
  await waitUntil('the agent has the film', agent.out, hasFilm, 60_000);
  const ready = await onlineStatus(up);
  expect(ready.upload).toMatchObject({ ready: true, permit: { isp: 'sp1' }, reasons: [] });

  const words = ['get', 'studio/film', '--data-dir', 'other', '--bind', '127.1.0.2', '-o', 'copy'];
  const got = await up.run(...words, '--coordinator', up.coordinatorUrl, '--json');
  expect(got.exitCode).toBe(0);
  expect(readFileSync(join(up.directory, 'copy')).equals(film)).toBe(true);
  const result = JSON.parse(got.out) as DownloadResult;
  expect(result).toMatchObject({ bytes: film.length, uploadsWithoutPermit: 0 });
  expect(result.bytesFromPeers).toBeGreaterThan(0);
  const { upload } = await onlineStatus(up);
  expect(upload.totals).toMatchObject([{ acknowledgedBytes: result.bytesFromPeers }]);
}, 120_000);

it('a permit that is forged, of an unknown key, expired, another’s or for elsewhere permits nothing, and status says why', async () => {
  const up = await startUp();
  await makeKey(up, 'sp1.pem', 'k1');
  await makeKey(up, 'mallory.pem');
  const key = await readAgentKey(up);
  const mine = ['--agent', key];
  const good = ['--key', 'sp1.pem', '--key-id', 'k1'];
  await sign(up, 'forged.jwt', '--key', 'mallory.pem', '--key-id', 'k1', ...mine);
  await sign(up, 'unknown-key.jwt', '--key', 'mallory.pem', '--key-id', 'k9', ...mine);
  await sign(up, 'expired.jwt', ...good, ...mine, '--from', '2020-01-01', '--until', '2020-02-01');
  const other = (await up.run('isp', 'permit-key', 'new', 'other.pem')).out.trim();
  await sign(up, 'of-another.jwt', ...good, '--agent', other);
  await sign(up, 'elsewhere.jwt', ...good, ...mine, '--coordinator-id', 'elsewhere');
  writeFileSync(join(up.directory, 'nonsense.jwt'), 'nonsense');

  for (const [file, reason] of [
    ['forged.jwt', /refused.*signature/i],
    ['unknown-key.jwt', /refused.*k9/i],
    ['expired.jwt', /2020-02-01/],
    ['of-another.jwt', /is for agent/],
    ['elsewhere.jwt', /elsewhere/],
    ['nonsense.jwt', /refused/],
  ] as const) {
    const agent = startAgent(up, '--permit', file);
    const { upload } = await onlineStatus(up);
    expect({ file, ready: upload.ready, permit: upload.permit }).toEqual({
      file,
      ready: false,
      permit: null,
    });
    expect(upload.reasons.join()).toMatch(reason);
    if (file === 'forged.jwt') {
      const { out } = await up.run('status', '--data-dir', 'agent');
      expect(out).toContain(`Not uploading:\n  - ${upload.reasons[0]}`);
    }
    expect((await agent.terminate()).exitCode).toBe(0);
  }
}, 120_000);
