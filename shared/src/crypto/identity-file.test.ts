import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIdentity } from './identity.js';
import { loadOrCreateIdentity, replaceIdentity } from './identity-file.js';

describe('loadOrCreateIdentity', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairhop-identity-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('makes a key that only its user may read, and finds it again', async () => {
    const file = join(directory, 'keys', 'agent.pem');
    const made = await loadOrCreateIdentity(file);
    expect((await loadOrCreateIdentity(file)).key).toBe(made.key);
    expect(await readFile(file, 'utf8')).toContain('BEGIN PRIVATE KEY');
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, 'keys'))).toEqual(['agent.pem']);
  });

  it('gives the same key to all that start at once', async () => {
    const file = join(directory, 'agent.pem');
    const identities = await Promise.all(Array.from({ length: 8 }, () => loadOrCreateIdentity(file)));
    expect(new Set(identities.map((identity) => identity.key)).size).toBe(1);
    expect((await loadOrCreateIdentity(file)).key).toBe(identities[0]!.key);
    expect(await readdir(directory)).toEqual(['agent.pem']);
  });

  it.skipIf(process.platform === 'win32')(
    'refuses a key that others may read, and names the remedy',
    async () => {
      const file = join(directory, 'agent.pem');
      await loadOrCreateIdentity(file);
      for (const mode of [0o640, 0o604, 0o660]) {
        await chmod(file, mode);
        await expect(loadOrCreateIdentity(file)).rejects.toMatchObject({
          code: 'secret-file-exposed',
          message: expect.stringMatching(/agent\.pem has mode 6\d\d.*chmod 600/),
        });
      }
      await chmod(file, 0o600);
      await loadOrCreateIdentity(file);
    },
  );

  it('is replaced by another one, whole', async () => {
    const file = join(directory, 'agent.pem');
    await loadOrCreateIdentity(file);
    const next = createIdentity();
    await replaceIdentity(file, next);
    expect((await loadOrCreateIdentity(file)).key).toBe(next.key);
    expect(await readdir(directory)).toEqual(['agent.pem']);
  });

  it('never replaces a file that it cannot use', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const text of ['', 'not a key', rsa.export({ format: 'pem', type: 'pkcs8' }).toString()]) {
      const file = join(directory, 'agent.pem');
      await writeFile(file, text, { mode: 0o600 });
      await expect(loadOrCreateIdentity(file)).rejects.toMatchObject({ code: 'identity-file-invalid' });
      await expect(loadOrCreateIdentity(file)).rejects.toThrow(file);
      expect(await readFile(file, 'utf8')).toBe(text);
    }
  });
});
