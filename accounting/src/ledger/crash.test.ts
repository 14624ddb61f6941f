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
  import { batch, event, pathOf, peerMessage, spOf, START_MS, statementMessage, uuid } from './ledger/test-support.js';
  const ledger = createLedger({ file: process.argv[2], clock: { nowMs: () => Date.now() } });
  await ledger.start();
  for (let number = 0; ; number += 1) {
    // A trace of two networks of its own, a path that it made, a conflict that no batch before had: each beside the rows.
    const router = { component: 'router:r' + number, source: 'traceroute', confidence: 25, billable: false };
    const path = pathOf([64501, 64502], spOf, { 'as:64501': [router] });
    const conflict = { used: 'bgp', usedAsPath: [64501, 64502], other: 'declared', otherAsPath: [64501], message: 'batch ' + number };
    const transfers = Array.from({ length: ${batchMessages} }, (_, index) => {
      const transfer = number * ${batchMessages} + index;
      return event({ transferId: uuid(transfer), fromBytes: 0, bytes: transfer + 1, path });
    });
    const first = number * ${batchMessages + 1};
    const messages = transfers.map((one, index) => ({ ...peerMessage(0, one), sequence: first + index, conflicts: [conflict] }));
    const record = {
      type: 'path-evidence', transferId: uuid(number), direction: 'forward', tool: 'traceroute', protocol: 'udp',
      startMs: START_MS, endMs: START_MS, sourceAddress: '127.1.0.5', destinationAddress: '10.' + (number >> 8) + '.' + (number & 255) + '.1',
      reached: false, hops: [{ timeToLive: 1, replies: [{ address: '127.1.0.1', name: 'r' + number, roundTripMicros: 1 }] }],
    };
    messages.push({ sequence: first + ${batchMessages}, outcome: 'evidence', record, isTrusted: true });
    ledger.keepTraces(batch(messages, 'downloader'));
    ledger.book(batch(messages, 'downloader'));
    const statements = transfers.map((one, index) => ({
      ...statementMessage(0, one, { sentBytes: 1, isLast: true }),
      sequence: number * ${batchMessages} + index,
    }));
    ledger.book(batch(statements, 'uploader'));
    ledger.beliefs.review(Date.now() + 30 * 86_400_000, ${batchMessages / 2});
    process.stdout.write(number + '\\n');
  }`;

/** Books batches without end in another process, and kills that one a while after so many are acknowledged. */
async function bookUntilKilled(file: string, acknowledgements: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [join(directory, 'book-forever.js'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let acknowledged = -1;
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line);
    if (acknowledged + 1 === acknowledgements) setTimeout(() => child.kill('SIGKILL'), delayMs);
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
    transpile('accounting/src/matching', 'matching');
    const file = join(directory, 'ledger.db');
    // At once is while traces are kept; later it is while rows are booked, or anywhere.
    for (const [acknowledgements, delayMs] of [
      [3, 0],
      [8, 3],
      [20, 7],
      [30, 12],
    ] as const) {
      const acknowledged = await bookUntilKilled(file, acknowledgements, delayMs);
      expect(acknowledged).toBeGreaterThanOrEqual(acknowledgements);
      const ledger = createLedger({ file, clock: systemClock });
      await ledger.start();
      const { ok, events, bytes } = auditLedger(ledger.database);
      // The batch under way at the end is there as a whole or not at all.
      expect(events % batchMessages).toBe(0);
      expect(events).toBeGreaterThanOrEqual(acknowledged * batchMessages);
      expect({ ok, bytes }).toEqual({ ok: true, bytes: (events * (events + 1)) / 2 });
      expect(ledger.gaps({ limit: 10 })).toEqual([]);
      const settled = ledger.database.prepare('SELECT sum(settled_bytes) FROM peer_transfers').pluck().get();
      // One byte each was signed by both, by all that were acknowledged and perhaps by those under way.
      expect(settled).toBeGreaterThanOrEqual(acknowledged * batchMessages);
      expect(settled).toBeLessThanOrEqual(events);
      const batches = events / batchMessages;
      const told = ledger.pathConflicts(10_000);
      expect(told.map(({ count }) => count)).toEqual(Array.from({ length: batches }, () => batchMessages));
      // A batch's trace is kept just before the batch: that of the one under way may be there, and none is twice.
      const traces = ledger.tracesAfter(0, 10_000).map(({ record }) => record.transferId);
      expect(new Set(traces).size).toBe(traces.length);
      expect([batches, batches + 1]).toContain(traces.length);
      const routers = ledger
        .eventsAfter(0, 100_000)
        .map(({ path }) => path?.components.find((id) => id.startsWith('router:')));
      expect(new Set(routers).size).toBe(batches);
      await ledger.stop();
    }
  }, 60_000);
});
