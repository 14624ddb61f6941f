import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.js';

const options = { name: 'edge', formatVersion: 2, log: pino({ level: 'silent' }) };
let parent: string;
let path: string;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'fairhop-data-'));
  path = join(parent, 'a', 'b');
});
afterEach(() => rmSync(parent, { recursive: true }));

function writeFormat(content: string): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'format.json'), content);
}

describe('openDataDirectory', () => {
  it('makes a directory for its owner alone, with name and version', async () => {
    const directory = await openDataDirectory(path, options);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(directory.file('format.json'), 'utf8'))).toEqual({
      name: 'edge',
      version: 2,
    });
    directory.close();
  });

  it('is opened once at a time, and again after close', async () => {
    const directory = await openDataDirectory(path, options);
    chmodSync(path, 0o750);
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({ code: 'data-directory-locked' });
    expect(statSync(path).mode & 0o777).toBe(0o750);
    directory.close();
    (await openDataDirectory(path, options)).close();
  });

  it('closes a directory that others may look into', async () => {
    mkdirSync(path, { recursive: true });
    chmodSync(path, 0o755);
    (await openDataDirectory(path, options)).close();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it.each([
    ['{"name":"edge","version":3}', 'data-directory-newer'],
    ['{"name":"edge","version":1}', 'data-directory-older'],
    ['{"name":"accounting","version":2}', 'data-directory-foreign'],
    ['{"name":"edge"}', 'data-directory-foreign'],
    ['', 'data-directory-foreign'],
  ])('refuses the format %s as %s and leaves all as it is', async (content, code) => {
    writeFormat(content);
    chmodSync(path, 0o755);
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(path),
    });
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(readdirSync(path)).toEqual(['format.json']);
    expect(readFileSync(join(path, 'format.json'), 'utf8')).toBe(content);
  });

  it('refuses a directory with something else in it', async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'holiday.jpg'), '');
    chmodSync(path, 0o775);
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({
      code: 'data-directory-foreign',
      message: expect.stringContaining('holiday.jpg'),
    });
    expect(readdirSync(path)).toEqual(['holiday.jpg']);
    expect(statSync(path).mode & 0o777).toBe(0o775);
  });

  it('opens what a crash during the first opening left', async () => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'lock.db'), '');
    writeFileSync(join(path, 'format.json.0123456789ab.tmp'), '{"na');
    (await openDataDirectory(path, options)).close();
    expect(JSON.parse(readFileSync(join(path, 'format.json'), 'utf8'))).toEqual({ name: 'edge', version: 2 });
  });

  it('refuses a path that is a file', async () => {
    writeFileSync(join(parent, 'file'), '');
    await expect(openDataDirectory(join(parent, 'file'), options)).rejects.toMatchObject({
      code: 'data-directory-unusable',
    });
  });

  it('gives the lock back when it refuses', async () => {
    writeFormat('{"name":"edge","version":3}');
    await expect(openDataDirectory(path, options)).rejects.toThrow();
    (await openDataDirectory(path, { ...options, formatVersion: 3 })).close();
  });
});
