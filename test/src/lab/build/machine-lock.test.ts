import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { takeMachine } from './machine-lock.js';

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-lab-lock-'));
  file = join(directory, 'lab.lock');
});
afterEach(() => rmSync(directory, { recursive: true }));

it('has one lab at a time, and says who has it', () => {
  const release = takeMachine('run A', file);
  expect(() => takeMachine('run B', file)).toThrow(`process ${process.pid} (run A`);
  release();
  takeMachine('run B', file)();
});

it('is free when the process that had it was killed', async () => {
  const sqlite = fileURLToPath(import.meta.resolve('better-sqlite3'));
  const program = `new (require(${JSON.stringify(sqlite)}))(${JSON.stringify(file)}).exec('BEGIN EXCLUSIVE');
    console.log('has it'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  try {
    expect(() => takeMachine('run B', file)).toThrow('another lab');
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  takeMachine('run B', file)();
});
