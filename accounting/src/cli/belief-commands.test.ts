import { randomUUID } from 'node:crypto';
import { runProgram } from '@fairhop/shared/service';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestReporter, statementOf } from '../fixture/reporter.js';
import { type Reporting, startReporting } from '../fixture/reporting.js';
import { registerAccountingCommands } from './index.js';

let reporting: Reporting;
let uploader: ReturnType<typeof createTestReporter>;
const transferId = randomUUID();
const disputedId = randomUUID();

beforeAll(async () => {
  reporting = await startReporting();
  const { coordinator, accounting, downloader, transferOf, endMs } = reporting;
  uploader = createTestReporter(coordinator, 'agent', () => accounting.url);
  const settled = await transferOf({ transferId, uploader: uploader.identity });
  const disputed = await transferOf({ transferId: disputedId, uploader: uploader.identity });
  const claimed = await transferOf({ uploader: uploader.identity, toBytes: 7 });
  await downloader.post([settled, disputed, claimed]);
  const sent = (sentBytes: number) => ({ sentBytes, timeMs: endMs, last: true });
  const words = [
    statementOf(settled, uploader.identity, sent(1_048_576)),
    statementOf(disputed, uploader.identity, sent(300_000)),
  ];
  expect(await uploader.post(words)).toMatchObject({ accepted: 2, rejected: [] });
});
afterAll(() => reporting.stop());

async function ask(...argv: string[]): Promise<{ exitCode: number; out: string; error: string }> {
  const program = new Command('fairhop');
  registerAccountingCommands(program);
  let out = '';
  let error = '';
  const take = (text: unknown): boolean => {
    out += String(text);
    return true;
  };
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(take);
  const { url, service } = reporting.accounting;
  try {
    const streams = { out: { write: take }, error: { write: (text: string) => (error += text) } };
    const access = ['--accounting', url, '--token', service.operatorToken];
    return { exitCode: await runProgram(program, [...argv, ...access], streams), out, error };
  } finally {
    write.mockRestore();
  }
}
const json = async (...argv: string[]) => JSON.parse((await ask(...argv, '--json')).out);

describe('fairhop transfer, disputes and contradictions', () => {
  it('show what both sides signed, what is believed, and why', async () => {
    expect(await json('transfer', transferId)).toMatchObject({
      belief: {
        downloaderBytes: 1_000_000,
        uploaderBytes: 1_048_576,
        settledBytes: 1_000_000,
        claimedBytes: 0,
      },
      moves: [
        { from: null, to: 'claimed', toBytes: 1_000_000 },
        { from: 'claimed', to: 'settled', reason: 'both-signed' },
      ],
    });
    const { out } = await ask('transfer', disputedId);
    expect(out).toContain(uploader.identity.key);
    expect(out).toMatch(/disputed +700,000 bytes/);
    expect(out).toMatch(/300,000 +1,000,000 +claimed +disputed +uploader-sent-less/);
    expect(await ask('transfer', randomUUID())).toMatchObject({ exitCode: 3, out: '' });
  });

  it('list where sides differ, of all and of one agent', async () => {
    expect(await json('disputes')).toMatchObject([
      { transferId: disputedId, downloaderBytes: 1_000_000, uploaderBytes: 300_000, settledBytes: 300_000 },
    ]);
    expect((await ask('disputes', '--agent', uploader.identity.key)).out).toContain(disputedId);
    expect((await ask('contradictions')).out).toBe('No agent told two histories.\n');
  });
});

describe('fairhop query --belief', () => {
  it('tells billable bytes and each belief, which add up to all', async () => {
    const beliefs = ['edge', 'settled', 'claimed', 'disputed', 'dropped'];
    const values: number[] = [];
    for (const one of [...beliefs, 'billable'])
      values.push((await json('query', 'bytes', '--belief', one)).value);
    expect(values).toEqual([0, 1_300_000, 7, 700_000, 0, 1_300_000]);
    const { out } = await ask('query', 'bytes', '--leaves', 'SP1', '--group-by', 'belief');
    expect(out).toContain('2,000,007 bytes');
    expect(out).toMatch(/settled +1,300,000\n *disputed +700,000\n *claimed +7/);
    const refused = await ask('query', 'hosts', '--belief', 'settled');
    expect(refused).toMatchObject({ exitCode: 2, out: '' });
    expect(refused.error).toMatch(/what is believed is of bytes/);
    expect((await ask('audit')).exitCode).toBe(0);
  });
});
