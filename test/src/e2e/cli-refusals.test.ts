import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePieceLength, createContentHasher } from '@fairhop/shared/crypto';
import { freePorts } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { oneLine, run } from './fixture/cli-command.js';
import { startUp, type Up } from './fixture/cli-up.js';
import { createTestDirectory } from './fixture/directory.js';

/** What was typed, the exit code, the error's code, and what its message says. */
type Refusal = readonly [words: readonly string[], exitCode: number, code: string, message: string];

/** Each is a process; more at once would only wait for each other. */
const AT_ONCE = 4;

async function expectRefusals(up: Up, refusals: readonly Refusal[]): Promise<void> {
  for (let first = 0; first < refusals.length; first += AT_ONCE)
    await Promise.all(refusals.slice(first, first + AT_ONCE).map((refusal) => expectRefusal(up, refusal)));
}

async function expectRefusal(up: Up, [words, exitCode, code, message]: Refusal): Promise<void> {
  const refused = await up.run(...words);
  expect({ words, exitCode: refused.exitCode, out: refused.out }).toEqual({ words, exitCode, out: '' });
  expect(refused.error).toMatch(oneLine(code, message));
}

it('what is unknown, wrong or not permitted ends in one line and the exit code of its kind', async () => {
  const up = await startUp();
  writeFileSync(join(up.directory, 'film'), 'content');
  writeFileSync(join(up.directory, 'empty'), '');
  mkdirSync(join(up.directory, 'folder'));
  // Each with a data directory of its own: at the same time, one of them would find the other's locked.
  const at = (directory: string) => ['--coordinator', up.coordinatorUrl, '--data-dir', directory];
  const owner = ['--owner', 'studio'];
  await up.run('owner', 'add', 'studio');
  const huge = `${'9'.repeat(40)}GB`;
  const evening = ['query', 'bytes', '--hours', '18:00-00:00'];
  const agreement = ['isp', 'agreement', 'set', 'sp1', 'homes', '--networks'];
  await expectRefusals(up, [
    [['get', 'studio/nothing', ...at('agent-1')], 3, 'title-unknown', 'studio/nothing'],
    [['get', 'a title', ...at('agent-2')], 2, 'title-reference-invalid', 'a title'],
    [
      ['get', 'studio/film', ...at('agent-3'), '--permit', 'absent.jwt'],
      2,
      'invalid-option',
      '--permit absent.jwt',
    ],
    [
      ['get', 'studio/film', ...at('agent-4'), '--download-rate', '-5Mbit/s'],
      2,
      'invalid-quantity',
      '--download-rate',
    ],
    [['get', 'studio/film', ...at('agent-5'), '--disk-budget', huge], 2, 'invalid-quantity', '--disk-budget'],
    [['publish', 'absent', ...owner], 2, 'file-unusable', 'absent'],
    [['publish', 'empty', ...owner], 2, 'file-unusable', 'empty; a title has at least one byte'],
    [['publish', 'folder', ...owner], 2, 'file-unusable', 'folder'],
    [['publish', 'film', '--owner', 'nobody'], 3, 'owner-unknown', 'fairhop owner add nobody'],
    [['withdraw', 'studio/nothing'], 3, 'title-unknown', 'studio/nothing'],
    [[...agreement, '127.2.0.0/16'], 2, 'network-not-of-isp', '127\\.2\\.0\\.0/16'],
    [[...agreement, '127.1.0.0/8'], 2, 'network-malformed', '127\\.0\\.0\\.0/8'],
    [[...agreement, '127.1.0.0/16', '--monthly-bytes', huge], 2, 'invalid-quantity', '--monthly-bytes'],
    [['isp', 'agreement', 'list', 'sp9'], 3, 'isp-unknown', 'sp9'],
    [['query', 'bytes', '--leaves', 'SP9'], 3, 'network-unknown', 'SP9'],
    [['query', 'bytes', '--destination', 'as:4199999999'], 3, 'network-unknown', '4199999999'],
    [[...evening, '--tz', 'Atlantis/Capital'], 2, 'invalid-request', 'time\\.timeZone.*IANA'],
    [['query', 'bytes', '--hours', '25:00-26:00'], 2, 'invalid-request', 'time\\.hours\\.from'],
    [['query', 'bytes', '--period', '2026-Q5'], 2, 'invalid-request', 'time\\.period.*2026-Q4'],
    [['query', 'bytes', '--limit', '0'], 2, 'invalid-request', 'limit'],
    [['titles', '--owner', '..'], 2, 'invalid-request', '--owner: must be 1 to 64'],
    [[...agreement, '127.1.0.0/16', '--hours', '8-9'], 2, 'invalid-terms', '--hours: must be HH:MM-HH:MM'],
  ]);
}, 120_000);

it('a command without the right token is told where it may come from', async () => {
  const up = await startUp();
  writeFileSync(join(up.directory, 'film'), 'content');
  const wrongToken =
    'give --token TOKEN or FAIRHOP_TOKEN, or --data-dir D or FAIRHOP_DATA_DIR to read D/operator\\.token';
  const commands = [
    ['owner', 'list'],
    ['query', 'matrix'],
    ['audit'],
    ['publish', 'film', '--owner', 'studio'],
  ];
  await expectRefusals(
    up,
    commands.map((words) => [[...words, '--token', 'wrong'], 4, 'unauthenticated', wrongToken]),
  );
  const elsewhere = { ...up.options, directory: createTestDirectory() };
  const stranger = await run(['owner', 'list'], elsewhere);
  expect(stranger).toMatchObject({ exitCode: 4, out: '' });
  expect(stranger.error).toMatch(oneLine('unauthenticated', `needs a token; ${wrongToken}`));
  const token = readFileSync(join(up.directory, 'fairhop-data', 'operator.token'), 'utf8').trim();
  const inEnvironment = { ...elsewhere, environment: { ...elsewhere.environment, FAIRHOP_TOKEN: token } };
  expect(await run(['owner', 'list'], inEnvironment)).toMatchObject({ exitCode: 0 });
  expect(
    await run(['owner', 'list', '--data-dir', join(up.directory, 'fairhop-data')], elsewhere),
  ).toMatchObject({ exitCode: 0 });
}, 120_000);

it('a service that is not there is named with its URL', async () => {
  const directory = createTestDirectory();
  const [port] = await freePorts('127.0.0.1', 1);
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(directory, 'film'), 'content');
  for (const words of [
    ['titles', '--coordinator', url],
    ['publish', 'film', '--owner', 'studio', '--origin', 'http://127.0.0.1/film', '--coordinator', url],
    ['query', 'matrix', '--accounting', url],
    ['audit', '--accounting', url],
  ]) {
    const { exitCode, out, error } = await run(words, { directory });
    expect({ words, exitCode, out }).toEqual({ words, exitCode: 5, out: '' });
    expect(error).toMatch(oneLine('service-unavailable', url));
  }
});

it('the API refuses as problem+json, with a stable code and the path of what is wrong', async () => {
  const up = await startUp();
  await up.run('owner', 'add', 'studio');
  const token = readFileSync(join(up.directory, 'fairhop-data', 'operator.token'), 'utf8').trim();
  const send = async (method: string, url: string, body: unknown) => {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    return { status: response.status, problem: (await response.json()) as { code: string } };
  };

  const bytes = randomBytes(600_000);
  const hasher = createContentHasher({
    sizeBytes: bytes.length,
    pieceLengthBytes: choosePieceLength(bytes.length),
  });
  hasher.update(bytes);
  const manifest = hasher.finish();
  const publication = {
    fileName: 'film',
    category: 'video',
    mediaType: 'video/mp4',
    metadata: {},
    origin: { kind: 'directory', path: 'studio/film' },
    rules: { peersAllowed: true },
  };
  const titleUrl = `${up.coordinatorUrl}/v1/titles/studio/film`;
  const publish = (change: object) =>
    send('PUT', titleUrl, { ...publication, manifest: { ...manifest, ...change } });
  const pieces = Buffer.from(manifest.pieceLayer, 'base64');
  pieces[40]! ^= 1;
  for (const [change, code] of [
    [{ pieceLayer: pieces.toString('base64') }, 'manifest-root-mismatch'],
    [{ pieceLayer: pieces.subarray(32).toString('base64') }, 'manifest-piece-count'],
    [{ sizeBytes: bytes.length - 1 }, 'manifest-content-id-mismatch'],
  ] as const) {
    const { status, problem } = await publish(change);
    expect({ change, status, ...problem }).toMatchObject({ change, status: 422, code });
  }
  for (const sizeBytes of [-1, 0.5, 2 ** 53, 1e300]) {
    const { status, problem } = await publish({ sizeBytes });
    expect({ sizeBytes, status, ...problem }).toMatchObject({
      ...{ sizeBytes, status: 400, code: 'invalid-request' },
      errors: expect.arrayContaining([
        expect.objectContaining({ path: expect.stringContaining('manifest.sizeBytes') }),
      ]),
    });
  }
  expect(JSON.parse((await up.run('titles', '--json')).out)).toMatchObject({ titles: [] });

  const terms = { validFromMs: Date.now(), validUntilMs: Date.now() + 60_000 };
  const agreementUrl = `${up.coordinatorUrl}/v1/isps/sp1/agreements/homes`;
  const outside = await send('PUT', agreementUrl, { ...terms, networks: ['127.2.0.0/16'] });
  expect(outside).toMatchObject({ status: 422, problem: { code: 'network-not-of-isp' } });
  expect((await up.run('isp', 'agreement', 'list', 'sp1')).out).toBe('sp1 has no agreements\n');

  const query = (body: object) =>
    send('POST', `${up.accountingUrl}/v1/queries`, { measure: 'bytes', ...body });
  expect(await query({ leaves: 'sp9' })).toMatchObject({
    status: 404,
    problem: { code: expect.stringMatching(/-unknown$/) },
  });
  expect(await query({ time: { hours: { from: '18', to: '00:00' } } })).toMatchObject({
    status: 400,
    problem: {
      code: 'invalid-request',
      errors: [expect.objectContaining({ path: expect.stringContaining('time.hours.from') })],
    },
  });
}, 120_000);
