import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFileAtomic, writeFileAtomic } from './atomic-file.js';
import { readGivenSecretFile, readOrCreateSecretFile } from './secret-file.js';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-files-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

describe('writeFileAtomic', () => {
  it('replaces the content, with the mode, and leaves nothing beside', async () => {
    await writeFileAtomic(path, 'old');
    expect(readFileSync(path, 'utf8')).toBe('old');
    await writeFileAtomic(path, new Uint8Array([1, 2]), 0o640);
    expect([...readFileSync(path)]).toEqual([1, 2]);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  it('leaves nothing when it fails', async () => {
    await writeFileAtomic(path, 'x');
    await expect(writeFileAtomic(join(path, 'below'), 'x')).rejects.toThrow();
    rmSync(path);
    await expect(writeFileAtomic(directory, 'x')).rejects.toThrow();
    expect(existsSync(directory) && readdirSync(directory)).toEqual([]);
  });

  // The device that is always full, where the operating system has one.
  it.runIf(existsSync('/dev/full'))('names a full disk', async () => {
    const full = await open('/dev/full', 'w');
    const sync = vi.spyOn(Object.getPrototypeOf(full) as FileHandle, 'sync').mockImplementation(async () => {
      await full.write('x');
    });
    await expect(writeFileAtomic(path, 'x')).rejects.toMatchObject({ code: 'disk-full', status: 507 });
    sync.mockRestore();
    await full.close();
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('createFileAtomic', () => {
  it('lets one of many win', async () => {
    const contents = Array.from({ length: 20 }, (_, index) => `content ${index}`);
    const results = await Promise.all(contents.map((content) => createFileAtomic(path, content)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe(contents[results.indexOf(true)]);
    expect(readdirSync(directory)).toEqual(['file']);
  });
});

describe('readOrCreateSecretFile', () => {
  it('makes one secret, for its owner alone, and gives it to all', async () => {
    const secrets = await Promise.all(Array.from({ length: 10 }, () => readOrCreateSecretFile(path)));
    expect(new Set(secrets).size).toBe(1);
    expect(secrets[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readOrCreateSecretFile(path, () => 'another')).toBe(secrets[0]);
  });

  it.each([0o644, 0o640, 0o620])('refuses a file that others may read or write (mode %i)', async (mode) => {
    writeFileSync(path, 'secret');
    chmodSync(path, mode);
    await expect(readOrCreateSecretFile(path)).rejects.toMatchObject({
      code: 'secret-file-exposed',
      message: expect.stringMatching(new RegExp(`${mode.toString(8)}.*chmod 600`)),
    });
  });

  it.each(['', ' \n'])('refuses an empty file', async (content) => {
    writeFileSync(path, content, { mode: 0o600 });
    await expect(readOrCreateSecretFile(path)).rejects.toMatchObject({ code: 'secret-file-invalid' });
    expect(readFileSync(path, 'utf8')).toBe(content);
  });
});

describe('readGivenSecretFile', () => {
  const write = (content: string, mode: number): void => {
    writeFileSync(path, content);
    chmodSync(path, mode);
  };
  it('gives the secret, and refuses one that everybody may read, that is empty or missing', () => {
    expect(() => readGivenSecretFile(path)).toThrow(expect.objectContaining({ code: 'secret-file-invalid' }));
    write('a secret\n', 0o600);
    expect(readGivenSecretFile(path)).toBe('a secret');
    write('a secret', 0o604);
    expect(() => readGivenSecretFile(path)).toThrow(expect.objectContaining({ code: 'secret-file-exposed' }));
    write(' \n', 0o600);
    expect(() => readGivenSecretFile(path)).toThrow(expect.objectContaining({ code: 'secret-file-invalid' }));
  });
});
