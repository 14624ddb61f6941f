import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadOrCreateIdentity } from './identity-file.js';

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

  it('never replaces a file that it cannot use', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const text of ['', 'not a key', rsa.export({ format: 'pem', type: 'pkcs8' }).toString()]) {
      const file = join(directory, 'agent.pem');
      await writeFile(file, text);
      await expect(loadOrCreateIdentity(file)).rejects.toMatchObject({ code: 'identity-file-invalid' });
      await expect(loadOrCreateIdentity(file)).rejects.toThrow(file);
      expect(await readFile(file, 'utf8')).toBe(text);
    }
  });
});
