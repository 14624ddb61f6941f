import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { oneLine, run, type } from './fixture/cli-command.js';
import { startUp } from './fixture/cli-up.js';
import { createTestDirectory } from './fixture/directory.js';
import { waitUntil } from './fixture/wait-until.js';

it('up, owner add, publish, get, query: each as it is typed, with nothing to look up', async () => {
  const up = await startUp();
  for (const url of [up.coordinatorUrl, up.accountingUrl, up.edgeUrl])
    expect(up.process.out()).toContain(url);
  const film = join(up.directory, 'Film One.mp4');
  const bytes = randomBytes(700_000);
  writeFileSync(film, bytes);

  const early = await up.run('publish', film, '--owner', 'studio');
  expect(early).toMatchObject({ exitCode: 3, out: '' });
  expect(early.error).toMatch(/`fairhop owner add studio`.*\[owner-unknown\]\n$/);
  expect(await up.run('owner', 'add', 'studio')).toMatchObject({ exitCode: 0 });
  const published = await up.run('publish', film, '--owner', 'studio');
  expect(published).toMatchObject({ exitCode: 0, out: `${up.coordinatorUrl}/t/studio/film-one.mp4\n` });

  const get = ['get', published.out.trim(), '--data-dir', 'agent', '-o', 'copy.mp4'];
  const got = await up.run(...get);
  expect(got).toMatchObject({ exitCode: 0, out: `${join(up.directory, 'copy.mp4')}\n` });
  expect(readFileSync(join(up.directory, 'copy.mp4')).equals(bytes)).toBe(true);

  // Never over a file that is there, unless told so.
  writeFileSync(join(up.directory, 'copy.mp4'), 'precious');
  const inTheWay = await up.run(...get);
  expect(inTheWay).toMatchObject({ exitCode: 6, out: '' });
  expect(inTheWay.error).toMatch(/copy\.mp4/);
  expect(readFileSync(join(up.directory, 'copy.mp4'), 'utf8')).toBe('precious');
  expect(await up.run(...get, '--force')).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(up.directory, 'copy.mp4')).equals(bytes)).toBe(true);

  const matrix = await waitUntil(
    'the download is booked',
    async () => JSON.parse((await up.run('query', 'matrix', '--json')).out) as { bytes: number }[],
    (cells) => cells.reduce((sum, cell) => sum + cell.bytes, 0) >= bytes.length,
  );
  expect(matrix).toEqual([{ from: 'cdn', to: 'cdn', bytes: bytes.length }]);
  expect((await up.run('audit')).exitCode).toBe(0);

  const { exitCode, error } = await up.process.terminate();
  expect({ exitCode, error }).toEqual({ exitCode: 0, error: '' });
  expect(up.process.out()).toMatch(/\nstopped\n$/);
  await expect(fetch(`${up.coordinatorUrl}/healthz`)).rejects.toThrow();
}, 120_000);

it('--json is one document alone on standard output, of every command that prints data', async () => {
  const up = await startUp();
  const film = join(up.directory, 'film');
  writeFileSync(film, randomBytes(100_000));
  const at = ['--coordinator', up.coordinatorUrl, '--bind', '127.1.0.1'];
  const agent = type(['agent', '--data-dir', 'agent', ...at], up.options);
  await waitUntil('the agent is there', agent.out, (out) => out.includes('agent '));
  for (const words of [
    ['owner', 'add', 'studio'],
    ['owner', 'list'],
    ['owner', 'api-key', 'studio'],
    ['publish', film, '--owner', 'studio'],
    ['titles'],
    ['get', 'studio/film', '--data-dir', 'other', ...at, '-o', 'copy'],
    ['status', '--data-dir', 'agent'],
    ['isp', 'list'],
    ['isp', 'api-key', 'sp1'],
    ['isp', 'agreement', 'set', 'sp1', 'homes', '--networks', '127.1.0.0/16'],
    ['isp', 'agreement', 'list', 'sp1'],
    ['isp', 'agreement', 'list'],
    ['isp', 'permit-key', 'new', 'sp1.pem'],
    ['isp', 'permit-key', 'add', 'sp1', 'k1', '--key', 'sp1.pem'],
    ['isp', 'permit-key', 'remove', 'sp1', 'k1'],
    ['isp', 'agreement', 'withdraw', 'sp1', 'homes'],
    ['coordinator', 'join-token'],
    [
      'query',
      'bytes',
      '--leaves',
      'SP1',
      '--enters',
      'SP2',
      '--hours',
      '18:00-00:00',
      '--tz',
      'Europe/London',
    ],
    ['query', 'files', '--host', '127.1.0.2', '--time-zone', 'Europe/London'],
    ['query', 'difference', '--leaves', 'SP1', '--enters', 'SP2'],
    ['query', 'matrix'],
    [
      'owner',
      'budget',
      'set',
      'b',
      '--owner',
      'studio',
      '--limit',
      '1GB',
      '--webhook',
      'http://127.0.0.1:9/',
    ],
    ['owner', 'budget', 'list'],
    ['owner', 'alerts'],
    ['owner', 'budget', 'remove', 'b'],
    ['audit'],
    ['withdraw', 'studio/film'],
  ]) {
    const { exitCode, out, error } = await up.run(...words, '--json');
    expect({ words, exitCode, failure: exitCode === 0 ? '' : error }).toEqual({
      words,
      exitCode: 0,
      failure: '',
    });
    expect(() => JSON.parse(out), `${words.join(' ')} printed ${out}`).not.toThrow();
  }
}, 240_000);

it('coordinator, accounting and edge apart, in any order, are one system too', async () => {
  const directory = createTestDirectory();
  const ports = await freePorts('127.0.0.1', 3);
  const [coordinatorUrl, accountingUrl, edgeUrl] = ports.map((port) => `http://127.0.0.1:${port}`);
  const [coordinatorPort, accountingPort, edgePort] = ports.map(String);
  const inTerminal = (...words: string[]) => type([...words, '--log-level', 'error'], { directory });
  const services = [
    inTerminal('edge', '--port', edgePort!, '--coordinator', coordinatorUrl!),
    inTerminal('accounting', '--port', accountingPort!, '--coordinator', coordinatorUrl!),
    inTerminal('coordinator', '--port', coordinatorPort!, '--accounting', accountingUrl!),
  ];
  const environment = { FAIRHOP_COORDINATOR: coordinatorUrl!, FAIRHOP_ACCOUNTING: accountingUrl! };
  const isReady = async (url: string) => (await fetch(`${url}/readyz`)).ok;
  for (const url of [coordinatorUrl!, accountingUrl!, edgeUrl!])
    await waitUntil(`${url} is ready`, () => isReady(url), Boolean);

  const bytes = randomBytes(300_000);
  writeFileSync(join(directory, 'film'), bytes);
  // From another directory, told where the services keep their things.
  const elsewhere = createTestDirectory();
  const from = {
    directory: elsewhere,
    environment: { ...environment, FAIRHOP_DATA_DIR: join(directory, 'fairhop-data') },
  };
  expect(await run(['owner', 'add', 'studio'], from)).toMatchObject({ exitCode: 0 });
  const published = await run(['publish', join(directory, 'film'), '--owner', 'studio'], from);
  expect(published).toMatchObject({ exitCode: 0, out: `${coordinatorUrl}/t/studio/film\n` });
  const response = await fetch(published.out.trim());
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
  expect(await run(['audit'], from)).toMatchObject({ exitCode: 0 });
  for (const service of services) expect(await service.terminate()).toMatchObject({ exitCode: 0, error: '' });
}, 120_000);

it('what does not start says why, and what runs goes on', async () => {
  const up = await startUp();
  const { port } = new URL(up.coordinatorUrl);

  const again = await run(up.words, { directory: up.directory });
  expect(again).toMatchObject({ exitCode: 6, out: '' });
  expect(again.error).toMatch(oneLine('data-directory-locked', '/coordinator is in use by another process'));
  const beside = await run([...up.words, '--data-dir', 'other'], { directory: up.directory });
  expect(beside).toMatchObject({ exitCode: 6, out: '' });
  expect(beside.error).toMatch(oneLine('port-in-use', `127\\.0\\.0\\.1 port ${port}`));

  const agentWords = [
    'agent',
    '--data-dir',
    'agent',
    '--bind',
    '127.1.0.1',
    '--coordinator',
    up.coordinatorUrl,
  ];
  const nobody = await up.run('status', '--data-dir', 'agent');
  expect(nobody).toMatchObject({ exitCode: 5, out: '' });
  expect(nobody.error).toMatch(oneLine('agent-not-running', 'fairhop agent'));
  const agent = type(agentWords, { directory: up.directory });
  await waitUntil('the agent is there', agent.out, (out) => out.includes('agent '));
  const second = await run(agentWords, { directory: up.directory });
  expect(second).toMatchObject({ exitCode: 6, out: '' });
  expect(second.error).toMatch(oneLine('data-directory-locked', 'agent'));
  const status = await up.run('status', '--data-dir', 'agent');
  expect(status).toMatchObject({ exitCode: 0, error: '' });
  expect(status.out).toMatch(/Connected to.*ISP sp1[\s\S]*Not uploading/);

  expect((await up.run('titles')).exitCode).toBe(0);
  expect(await agent.terminate()).toMatchObject({ exitCode: 0 });

  const format = join(up.directory, 'agent', 'format.json');
  const written = JSON.parse(readFileSync(format, 'utf8')) as { version: number };
  writeFileSync(format, JSON.stringify({ ...written, version: written.version + 1 }));
  const newer = await run(agentWords, { directory: up.directory });
  expect(newer).toMatchObject({ exitCode: 1, out: '' });
  expect(newer.error).toMatch(oneLine('data-directory-newer', 'a later version of Fairhop'));
}, 120_000);
