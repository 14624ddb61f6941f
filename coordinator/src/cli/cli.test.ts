import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIdentity } from '@fairhop/shared/crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { openTestSession } from '../test-session.js';
import { fairhop } from './fixture.js';

let fixture: CoordinatorFixture;
let directory: string;

beforeEach(async () => {
  fixture = await startCoordinator();
  directory = join(fixture.config.dataDirectory, '..');
});
afterEach(() => fixture.stop());

const call = (...argv: string[]) =>
  fairhop(...argv, '--coordinator', fixture.url, '--token', fixture.coordinator.operatorToken);

describe('fairhop publish', () => {
  const title = ['--owner', 'studio', '--name', 'film.mp4'];

  it('reads a file, puts it into the origin directory, and prints where it lands', async () => {
    const file = join(directory, 'film.mp4');
    const origin = join(directory, 'origin');
    const content = randomBytes(700_000);
    await writeFile(file, content);
    await call('owner', 'add', 'studio', '--display-name', 'The studio');
    const { exitCode, out } = await call(
      ...['publish', file, ...title, '--origin-directory', origin, '--category', 'video', '--no-peers'],
      ...['--media-type', 'video/mp4', '--meta', 'artist=A=B', '--peer-country', 'PT', '--json'],
    );
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      landingUrl: `${fixture.url}/t/studio/film.mp4`,
      title: {
        sizeBytes: content.length,
        category: 'video',
        mediaType: 'video/mp4',
        metadata: { artist: 'A=B' },
        origin: { kind: 'directory', path: 'studio/film.mp4' },
        rules: { peersAllowed: false, peerCountries: ['PT'] },
      },
    });
    expect(content.equals(await readFile(join(origin, 'studio/film.mp4')))).toBe(true);
    expect((await call('titles')).out).toContain('studio/film.mp4');

    await writeFile(file, randomBytes(700_000));
    const refused = await call('publish', file, ...title, '--origin-directory', origin);
    expect(refused).toMatchObject({ exitCode: 6, error: expect.stringContaining('[title-exists]') });
    expect(content.equals(await readFile(join(origin, 'studio/film.mp4')))).toBe(true);
    expect(await readdir(join(origin, 'studio'))).toEqual(['film.mp4']);

    const named = join(directory, '_Big Film (1).MP4');
    await writeFile(named, content);
    const again = await call('publish', named, '--owner', 'studio', '--origin-directory', origin);
    expect(again.out).toBe(`${fixture.url}/t/studio/big-film-1-.mp4\n`);
    expect((await call('withdraw', 'studio/big-film-1-.mp4')).exitCode).toBe(0);
    expect((await call('withdraw', 'studio/film.mp4')).exitCode).toBe(0);
    expect((await call('titles')).out).toBe('no titles are published\n');
  });

  it('refuses files and options that are not right, and owners that are not registered', async () => {
    const file = join(directory, 'file');
    const empty = join(directory, 'empty');
    await writeFile(file, 'content');
    await writeFile(empty, '');
    await mkdir(join(directory, 'folder'));
    const web = ['--origin', 'http://127.0.0.1/file'];
    const wrong = [
      [2, 'file-unusable', join(directory, 'missing'), ...title, ...web],
      [2, 'file-unusable', join(directory, 'folder'), ...title, ...web],
      [2, 'file-unusable', empty, ...title, ...web],
      [2, 'origin-missing', file, ...title, '--data-dir', directory],
      [2, 'origin-missing', file, ...title, ...web, '--origin-directory', directory],
      [2, 'invalid-name', file, '--owner', '..', '--name', 'x', '--origin-directory', directory],
      [2, 'invalid-metadata', file, ...title, ...web, '--meta', 'nothing'],
      [2, 'invalid-origin', file, ...title, '--origin', 'ftp://127.0.0.1/file'],
      [2, 'invalid-option', file, ...title, ...web, '--category', 'Video'],
      [3, 'owner-unknown', file, ...title, ...web],
    ] as const;
    for (const [exitCode, code, ...argv] of wrong) {
      const result = await call('publish', ...argv);
      expect(result).toMatchObject({ exitCode, error: expect.stringContaining(`[${code}]`) });
      // Nothing is hashed for a title that nobody may publish.
      expect(result.error).not.toContain('hashing');
    }
  });

  it('says that nothing changed, and keeps what is not given when a withdrawn title comes back', async () => {
    const file = join(directory, 'film.mp4');
    await writeFile(file, randomBytes(300_000));
    await call('owner', 'add', 'studio');
    const words = ['publish', file, ...title, '--origin', 'http://127.0.0.1/film'];
    const json = async (...more: string[]) => {
      const { out, error } = await call(...words, ...more, '--json');
      return { error, ...(JSON.parse(out) as { title: object; unchanged: boolean }) };
    };
    const facts = { category: 'video', mediaType: 'video/mp4', rules: { peersAllowed: false } };
    const first = await json('--category', 'video', '--media-type', 'video/mp4', '--no-peers');
    expect(first).toMatchObject({ title: facts, unchanged: false });
    const again = await json('--category', 'software');
    expect(again).toMatchObject({ title: facts, unchanged: true });
    expect(again.error).toMatch(/unchanged: studio\/film\.mp4.*to change --category, withdraw it first/);
    await call('withdraw', 'studio/film.mp4');
    expect(await json()).toMatchObject({ title: facts, unchanged: false });
    await call('withdraw', 'studio/film.mp4');
    expect(await json('--peers', '--category', 'software')).toMatchObject({
      title: { category: 'software', mediaType: 'video/mp4', rules: { peersAllowed: true } },
    });
  });

  it('takes the owner’s own key, and refuses another’s before it reads the file', async () => {
    const file = join(directory, 'film.mp4');
    await writeFile(file, 'content');
    const keyOf = async (owner: string) => {
      await call('owner', 'add', owner);
      return (await call('owner', 'api-key', owner)).out.trim();
    };
    const publishWith = (token: string) =>
      fairhop(
        ...['publish', file, ...title, '--origin', 'http://127.0.0.1/film'],
        ...['--coordinator', fixture.url, '--token', token],
      );
    const own = await keyOf('studio');
    const refused = await publishWith(await keyOf('rival'));
    expect(refused).toMatchObject({ exitCode: 4, error: expect.stringContaining('[forbidden]') });
    expect(refused.error).not.toContain('hashing');
    expect(await publishWith(own)).toMatchObject({ exitCode: 0 });
  });
});

describe('fairhop isp', () => {
  it('sets, lists and withdraws agreements', async () => {
    const { exitCode, out } = await call(
      ...['isp', 'agreement', 'set', 'sp1', 'nights', '--networks', '127.1.0.0/17', '127.1.128.0/18'],
      ...['--rate', '30Mbit/s', '--hours', '22:00-06:00', '--time-zone', 'Europe/London', '--json'],
      ...[
        '--monthly-bytes',
        '50GB',
        '--monthly-bytes-total',
        '5TB',
        '--category',
        'video',
        '--price',
        '0.002EUR',
      ],
      ...['--from', '2020-01-01', '--until', '2099-01-01T18:00Z'],
    );
    expect(exitCode).toBe(0);
    const agreement = {
      id: 'nights',
      isp: 'sp1',
      networks: ['127.1.0.0/17', '127.1.128.0/18'],
      maxRateBitsPerSecond: 30_000_000,
      hours: { from: '22:00', to: '06:00', timeZone: 'Europe/London' },
      monthlyBytesPerSubscriber: 50e9,
      monthlyBytesTotal: 5e12,
      categories: ['video'],
      price: { currency: 'EUR', nanosPerGigabyte: 2_000_000 },
      validFromMs: Date.parse('2020-01-01T00:00Z'),
      validUntilMs: Date.parse('2099-01-01T18:00Z'),
    };
    expect(JSON.parse(out)).toEqual(agreement);
    expect((await call('isp', 'agreement', 'list', 'sp1')).out).toContain('22:00-06:00 Europe/London');
    const others = ['isp', 'agreement', 'set', 'sp2', 'homes', '--networks', '127.2.0.0/16'];
    expect((await call(...others, '--from', '2099-01-01')).out).toMatch(/not yet/);
    expect((await call(...others, '--from', '2020-01-01', '--until', '2021-01-01')).out).toMatch(/ended/);
    const { out: all } = await call('isp', 'agreement', 'list');
    expect(all).toMatch(
      /sp1\/nights .* 50 GB +5 TB .* 2020-01-01 00:00 to 2099-01-01 18:00 +in force\n.*sp2\/homes/,
    );
    const { out: key } = await call('isp', 'api-key', 'sp2');
    const own = await fairhop(
      ...['isp', 'agreement', 'list', '--coordinator', fixture.url, '--token', key.trim()],
    );
    expect(own.out).toContain('sp2/homes');
    expect(own.out).not.toContain('sp1/nights');
    expect((await call('isp', 'list')).out).toContain('Service provider 1');
    expect((await call('isp', 'agreement', 'withdraw', 'sp1', 'nights')).exitCode).toBe(0);
    expect((await call('isp', 'agreement', 'list', 'sp1')).out).toContain('withdrawn');
  });

  it.each([
    ['invalid-quantity', 2, 'sp1', '--networks', '127.1.0.0/16', '--rate', '30'.repeat(200)],
    ['invalid-terms', 2, 'sp1', '--networks', 'somewhere'],
    ['invalid-terms', 2, 'sp1', '--networks', '127.1.0.0/16', '--hours', '18:00'],
    ['invalid-terms', 2, 'sp1', '--networks', '127.1.0.0/16', '--hours', '18:00-25:00'],
    [
      'invalid-terms',
      2,
      'sp1',
      '--networks',
      '127.1.0.0/16',
      '--from',
      '2026-02-01',
      '--until',
      '2026-01-01',
    ],
    ['invalid-date', 2, 'sp1', '--networks', '127.1.0.0/16', '--from', 'tomorrow'],
    ['invalid-price', 2, 'sp1', '--networks', '127.1.0.0/16', '--price', '1'],
    ['network-not-of-isp', 2, 'sp1', '--networks', '127.2.0.0/16'],
    ['isp-unknown', 3, 'sp9', '--networks', '127.1.0.0/16'],
  ])('refuses with %s (exit code %i) %s %s %s %s %s', async (code, exitCode, isp, ...argv) => {
    const result = await call('isp', 'agreement', 'set', String(isp), 'homes', ...argv.map(String));
    expect(result).toMatchObject({ exitCode, error: expect.stringContaining(`[${code}]`) });
  });

  it('makes keys and signs permits that the coordinator takes', async () => {
    const key = join(directory, 'sp1.pem');
    const { out: publicKey } = await fairhop('isp', 'permit-key', 'new', key);
    expect((await fairhop('isp', 'permit-key', 'new', key)).exitCode).toBe(6);
    const added = await call('isp', 'permit-key', 'add', 'sp1', 'k1', '--key', key);
    expect(added.out).toContain(publicKey.trim());
    const agent = createIdentity();
    const { out: permitToken, exitCode } = await fairhop(
      ...['isp', 'permit', 'sign', '--isp', 'sp1', '--key', key, '--key-id', 'k1', '--agent', agent.key],
      ...['--networks', '127.1.0.0/16', '--rate', '10Mbit/s'],
    );
    expect(exitCode).toBe(0);
    const address = '127.1.0.9';
    const session = await openTestSession(fixture, {
      address,
      identity: agent,
      permitToken: permitToken.trim(),
    });
    expect(await session.next('welcome')).toMatchObject({
      permit: { source: 'client', terms: { maxRateBitsPerSecond: 10_000_000 } },
    });
    await session.close();
    expect((await call('isp', 'permit-key', 'remove', 'sp1', 'k1')).exitCode).toBe(0);
  });
});

describe('every command', () => {
  it.each([
    [
      '--hours: must be HH:MM-HH:MM',
      'isp',
      'agreement',
      'set',
      'sp1',
      'a',
      '--networks',
      '127.1.0.0/16',
      '--hours',
      '8-9',
    ],
    ['--networks: must be networks such as', 'isp', 'agreement', 'set', 'sp1', 'a', '--networks', 'x', 'y'],
    ['<id>: must be 1 to 64', 'isp', 'agreement', 'set', 'sp1', 'A B', '--networks', '127.1.0.0/16'],
    ['<owner>: must be 1 to 64', 'owner', 'add', 'A B'],
    ['--display-name: must have', 'owner', 'add', 'studio', '--display-name', ''],
    ['--owner: must be 1 to 64', 'titles', '--owner', 'A B'],
  ])('names what was typed: %s', async (message, ...argv) => {
    const { exitCode, error } = await call(...argv);
    expect({ exitCode, error }).toEqual({
      exitCode: 2,
      error: expect.stringContaining(`fairhop: ${message}`),
    });
    expect(error).not.toMatch(/params\.|body\.|query\./);
  });

  it('finds the operator’s token in the data directory of the services', async () => {
    const at = ['--coordinator', fixture.url, '--data-dir', fixture.config.dataDirectory];
    expect(await fairhop('owner', 'list', ...at)).toMatchObject({
      exitCode: 0,
      out: 'no owners are registered\n',
    });
    expect((await fairhop('coordinator', 'join-token', ...at)).out).toMatch(/^\S{43}\n$/);
    const nowhere = ['--coordinator', fixture.url, '--data-dir', directory];
    expect((await fairhop('owner', 'list', ...nowhere)).error).toContain('[token-unreadable]');
  });

  it('tells wrong tokens, services that are not there, and configuration that is wrong', async () => {
    const wrong = await fairhop('owner', 'list', '--coordinator', fixture.url, '--token', 'wrong');
    expect(wrong).toMatchObject({
      exitCode: 4,
      error: expect.stringMatching(/operator\.token.*\[unauthenticated\]/),
    });
    const absent = await fairhop('titles', '--coordinator', 'http://127.0.0.1:1');
    expect(absent).toMatchObject({ exitCode: 5, error: expect.stringContaining('[service-unavailable]') });
    const config = ['--data-dir', join(directory, 'other'), '--port', '70000'];
    const invalid = await fairhop('coordinator', ...config);
    expect(invalid).toMatchObject({ exitCode: 2, error: expect.stringContaining('flag --port gives 70000') });
    const { out } = await fairhop('coordinator', ...config.slice(0, 2), '--print-config');
    expect(out).toContain('port = 4601  # default');
    expect(out).toContain(`dataDirectory = "${join(directory, 'other', 'coordinator')}"  # flag --data-dir`);
  });

  it('explains itself', async () => {
    for (const argv of [
      ['publish'],
      ['isp', 'agreement', 'set'],
      ['coordinator'],
      ['isp', 'permit', 'sign'],
    ]) {
      const { exitCode, out } = await fairhop(...argv, '--help');
      expect(exitCode).toBe(0);
      expect(out).toMatch(/Example/);
    }
  });
});
