import { spawn } from 'node:child_process';
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
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '@fairhop/shared/service';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditLedger } from '../audit/index.js';
import { createLedger } from './ledger.js';

const repository = resolve(import.meta.dirname, '../../..');
const batchMessages = 50;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairhop-ledger-crash-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The sources as they are now, in JavaScript that a process of its own can run. */
function transpile(from: string, to: string): void {
  const source = join(repository, from);
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => /(?<!\.test|\.d)\.ts$/.test(name))) {
    const target = join(directory, to, file.replace(/ts$/, 'js'));
    const { outputText } = ts.transpileModule(readFileSync(join(source, file), 'utf8'), {
      compilerOptions: {
        module: ts.ModuleKind.ESNext,
        target: ts.ScriptTarget.ES2023,
        verbatimModuleSyntax: true,
      },
    });
    const shared = relative(dirname(target), join(directory, 'shared'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText.replaceAll(/'@fairhop\/shared\/(\w+)'/g, `'${shared}/$1/index.js'`));
  }
}

/** Says on stdout which batch is acknowledged. */
const bookForever = `
  import { createLedger } from './ledger/ledger.js';
  import { batch, event, eventsMessage, uuid } from './ledger/test-support.js';
  const ledger = createLedger({ file: process.argv[2], clock: { nowMs: () => Date.now() } });
  await ledger.start();
  for (let number = 0; ; number += 1) {
    const messages = Array.from({ length: ${batchMessages} }, (_, index) => {
      const sequence = number * ${batchMessages} + index;
      return eventsMessage(sequence, event({ transferId: uuid(sequence), bytes: sequence + 1 }));
    });
    ledger.book(batch(messages));
    process.stdout.write(number + '\\n');
  }`;

/** Books batches without end in another process, and kills that one at once after so many are acknowledged. */
async function bookUntilKilled(file: string, acknowledgements: number): Promise<number> {
  const child = spawn(process.execPath, [join(directory, 'book-forever.js'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let acknowledged = -1;
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line);
    if (acknowledged + 1 >= acknowledgements) child.kill('SIGKILL');
  }
  await exited;
  return acknowledged + 1;
}

describe('a ledger whose process is killed', () => {
  it('has every acknowledged row, none twice, and goes on', async () => {
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    symlinkSync(join(repository, 'node_modules'), join(directory, 'node_modules'));
    writeFileSync(join(directory, 'book-forever.js'), bookForever);
    transpile('shared/src', 'shared');
    transpile('accounting/src/ledger', 'ledger');
    const file = join(directory, 'ledger.db');
    for (const acknowledgements of [3, 8, 20]) {
      const acknowledged = await bookUntilKilled(file, acknowledgements);
      expect(acknowledged).toBeGreaterThanOrEqual(acknowledgements);
      const ledger = createLedger({ file, clock: systemClock });
      await ledger.start();
      const { ok, events, bytes } = auditLedger(ledger.database);
      // The batch under way at the end is there as a whole or not at all.
      expect(events % batchMessages).toBe(0);
      expect(events).toBeGreaterThanOrEqual(acknowledged * batchMessages);
      expect({ ok, bytes }).toEqual({ ok: true, bytes: (events * (events + 1)) / 2 });
      expect(ledger.gaps()).toEqual([]);
      await ledger.stop();
    }
  }, 60_000);
});
