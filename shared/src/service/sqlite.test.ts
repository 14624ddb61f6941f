import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, toSafeInteger } from './sqlite.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-sqlite-'));
  file = join(directory, 'data.db');
});
afterEach(() => rmSync(directory, { recursive: true }));

const first = 'CREATE TABLE owner (id TEXT PRIMARY KEY) STRICT';
const second = 'CREATE TABLE title (owner TEXT NOT NULL REFERENCES owner (id)) STRICT';
const full = { synchronous: 'FULL' } as const;

describe('openDatabase', () => {
  it('runs each migration once, in order', () => {
    openDatabase(file, [first], full).close();
    const runs: number[] = [];
    const migrations = [first, second, () => void runs.push(1)];
    openDatabase(file, migrations, full).close();
    const database = openDatabase(file, migrations, full);
    expect([runs.length, database.pragma('user_version', { simple: true })]).toEqual([1, 3]);
    database.close();
  });

  it('writes ahead, as durably as asked, with foreign keys', () => {
    const pragma = (synchronous: 'FULL' | 'NORMAL'): unknown[] => {
      const database = openDatabase(file, [first, second], { synchronous });
      expect(() => database.exec("INSERT INTO title VALUES ('nobody')")).toThrow(/FOREIGN KEY/);
      const values = ['journal_mode', 'synchronous'].map((name) => database.pragma(name, { simple: true }));
      database.close();
      return values;
    };
    expect([pragma('FULL'), pragma('NORMAL')]).toEqual([
      ['wal', 2],
      ['wal', 1],
    ]);
  });

  it('undoes a migration that fails, and keeps those before it', () => {
    const torn = `${second}; INSERT INTO nowhere VALUES (1)`;
    expect(() => openDatabase(file, [first, torn], full)).toThrow(
      expect.objectContaining({
        code: 'database-migration-failed',
        message: expect.stringMatching(/data\.db.*2 of 2/),
      }),
    );
    const database = openDatabase(file, [first, second], full);
    expect(database.prepare('SELECT count(*) AS count FROM title').get()).toEqual({ count: 0 });
    database.close();
  });

  it('refuses a database of a newer version', () => {
    openDatabase(file, [first, second], full).close();
    expect(() => openDatabase(file, [first], full)).toThrow(
      expect.objectContaining({
        code: 'database-newer',
        message: expect.stringMatching(/version 2.*up to 1/),
      }),
    );
  });

  it('refuses what is no database', () => {
    writeFileSync(file, 'x'.repeat(5000));
    for (const path of [file, join(directory, 'absent', 'data.db')]) {
      expect(() => openDatabase(path, [first], full)).toThrow(
        expect.objectContaining({ code: 'database-unreadable' }),
      );
    }
  });
});

describe('toSafeInteger', () => {
  it('takes what a double holds, and refuses the rest by name', () => {
    expect(toSafeInteger(9_007_199_254_740_991n, 'bytes')).toBe(Number.MAX_SAFE_INTEGER);
    for (const value of [9_007_199_254_740_992n, -9_007_199_254_740_993n, 1.5]) {
      expect(() => toSafeInteger(value, 'bytes')).toThrow(
        expect.objectContaining({ code: 'integer-unsafe', message: expect.stringContaining('bytes is') }),
      );
    }
  });
});
