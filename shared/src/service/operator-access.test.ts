import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FairhopError } from '../model/errors.js';
import { localDirectory, localOperatorToken } from './local-directory.js';
import { isThisMachine, type OperatorAccess, withOperatorToken } from './operator-access.js';

const here = 'http://127.0.0.1:4601';
const workingDirectory = process.cwd();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-access-'));
  process.chdir(directory);
});
afterEach(async () => {
  process.chdir(workingDirectory);
  await rm(directory, { recursive: true });
});

const tokenFor = (access: OperatorAccess, url = here) =>
  withOperatorToken(access, url, async (token) => token);

describe('the token that a command calls with', () => {
  it('is the given one, else that of the named directory, else that of ./fairhop-data', async () => {
    expect(await tokenFor({})).toBeUndefined();
    const implied = await localOperatorToken(localDirectory());
    const named = await localOperatorToken(localDirectory('named'));
    expect(await tokenFor({ token: 'given', dataDir: 'named' })).toBe('given');
    expect(await tokenFor({ dataDir: 'named' })).toBe(named);
    expect(await tokenFor({})).toBe(implied);
    expect(implied).not.toBe(named);
  });

  it('of ./fairhop-data is for services of this machine alone', async () => {
    const implied = await localOperatorToken(localDirectory());
    expect(await tokenFor({}, 'https://stranger.example')).toBeUndefined();
    expect(await tokenFor({ dataDir: 'fairhop-data' }, 'https://mine.example')).toBe(implied);
  });

  it('that is not where it was said to be is an error that names the file', async () => {
    await expect(tokenFor({ dataDir: 'nowhere' })).rejects.toMatchObject({
      code: 'token-unreadable',
      message: expect.stringContaining(join('nowhere', 'operator.token')),
    });
    await writeFile('fairhop-data', 'a file where a directory should be');
    await expect(tokenFor({})).rejects.toMatchObject({ code: 'token-unreadable' });
  });

  it.each([
    [{}, 'needs a token'],
    [{ token: 'wrong' }, 'does not know the token'],
  ])('of %j that is refused says where another may come from', async (access, what) => {
    const refusal = new FairhopError('unauthenticated', 'who are you', { status: 401 });
    const called = withOperatorToken(access, here, () => Promise.reject(refusal));
    await expect(called).rejects.toMatchObject({
      code: 'unauthenticated',
      status: 401,
      message: `${here} ${what}; give --token TOKEN or FAIRHOP_TOKEN, or --data-dir D or FAIRHOP_DATA_DIR to read D/operator.token (without any, ./fairhop-data/operator.token is read), or log in with fairhop login`,
    });
  });
});

describe('isThisMachine', () => {
  it.each([
    ['http://127.9.8.7:1', true],
    ['http://localhost', true],
    ['http://[::1]:4601', true],
    ['http://127.0.0.1.example', false],
    ['http://192.0.2.1', false],
    ['nonsense', false],
  ])('of %s is %s', (url, expected) => {
    expect(isThisMachine(url)).toBe(expected);
  });
});
