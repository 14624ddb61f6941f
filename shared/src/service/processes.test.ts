import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import ts from 'typescript';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.js';

// What other processes see, and what is left of a killed one, only other processes show.

const log = pino({ level: 'silent' });
let root: string;
let children: ChildProcess[] = [];

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fairhop-processes-'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  symlinkSync(resolve(import.meta.dirname, '../../../node_modules'), join(root, 'node_modules'));
  for (const folder of ['model', 'service']) transpileFolder(folder);
});
afterEach(async () => {
  await Promise.all(children.map(kill));
  children = [];
});
afterAll(() => rmSync(root, { recursive: true }));

function transpileFolder(folder: string): void {
  const source = resolve(import.meta.dirname, '..', folder);
  mkdirSync(join(root, folder));
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2022,
    verbatimModuleSyntax: true,
  };
  for (const name of readdirSync(source).filter((file) => /(?<!\.test)\.ts$/.test(file))) {
    const { outputText } = ts.transpileModule(readFileSync(join(source, name), 'utf8'), { compilerOptions });
    writeFileSync(join(root, folder, name.replace(/ts$/, 'js')), outputText);
  }
}

/** Runs a script that imports from `./service/`, until it has printed its first line. */
async function runScript(script: string): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface(child.stdout!), 'line');
  return { child, line: String(line) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const holder = (path: string): string => `
  import { pino } from 'pino';
  import { openDataDirectory } from './service/data-directory.js';
  globalThis.held = await openDataDirectory(${JSON.stringify(path)}, { name: 'edge', formatVersion: 1, log: pino({ level: 'silent' }) });
  console.log('open');
  setInterval(() => {}, 1000);`;

describe('a data directory', () => {
  it('held by another process is locked, until that is killed', async () => {
    const path = join(root, 'data');
    const { child } = await runScript(holder(path));
    const options = { name: 'edge', formatVersion: 1, log };
    await expect(openDataDirectory(path, options)).rejects.toMatchObject({
      code: 'data-directory-locked',
      message: expect.stringContaining(path),
    });
    await kill(child);
    const directory = await openDataDirectory(path, options);
    directory.close();
  });
});

const program = (stop: string): string => `
  import { runUntilSignal } from './service/lifecycle.js';
  await runUntilSignal({ start: async () => { setInterval(() => {}, 1000); console.log('started'); }, stop: async () => { ${stop} } });
  process.exit(0);`;

describe('runUntilSignal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('stops in order on %s', async (signal) => {
    const { child } = await runScript(program(''));
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ends at once on a second signal', async () => {
    const { child } = await runScript(program("console.log('stopping'); await new Promise(() => {});"));
    const stopping = once(child.stdout!, 'data');
    child.kill('SIGINT');
    await stopping;
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
  });
});
