import { accountingBeliefEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import type { Quarantine } from '@fairhop/shared/model';
import { createLog, runProgram } from '@fairhop/shared/service';
import { Command } from 'commander';
import { afterEach, expect, it, vi } from 'vitest';
import { registerAccountingCommands } from '../cli/index.js';
import { createTestCoordinator, sizeBytes } from '../fixture/coordinator.js';
import { createTestReporter, peerTransfer, statementOf } from '../fixture/reporter.js';
import { createTestDirectory } from '../fixture/service.js';
import { accountingConfigSchema, createAccountingService } from '../index.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A service whose quarantines are kept here. */
const setUp = async () => {
  const directory = createTestDirectory();
  cleanups.push(directory.remove);
  const coordinator = await createTestCoordinator(Date.now);
  cleanups.push(coordinator.close);
  const kept = new Map<string, Quarantine>();
  const config = accountingConfigSchema.parse({
    ...{ port: 0, useBundledAsnDataset: false, asGraphFile: directory.graphFile },
    ...{ dataDirectory: directory.dataDirectory, coordinatorUrl: coordinator.url },
  });
  const service = createAccountingService(config, {
    log: createLog({ name: 'accounting', level: 'silent' }),
    checkDraws: async () => [],
    quarantine: {
      ...{ isEnabled: true, waiting: 0, current: async () => kept },
      put: (agent, { untilMs, suspicions }) =>
        kept.set(agent, { agent, sinceMs: 1, untilMs, by: 'accounting', suspicions: [...suspicions] }),
    },
  });
  await service.start();
  cleanups.push(() => service.stop());
  const http = createHttpClient();
  cleanups.push(() => http.close());
  const { url, operatorToken } = service;
  const client = createClient(accountingBeliefEndpoints, { http, baseUrl: url, token: operatorToken });
  const ask = async (...argv: string[]): Promise<string> => {
    const program = new Command('fairhop');
    registerAccountingCommands(program);
    let out = '';
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += String(text);
      return true;
    });
    const streams = { out: { write: () => true }, error: { write: () => true } };
    try {
      expect(
        await runProgram(program, [...argv, '--accounting', url, '--token', operatorToken], streams),
      ).toBe(0);
    } finally {
      write.mockRestore();
    }
    return out;
  };
  return { coordinator, service, client, kept, ask };
};

it('shows who signed two histories, with both, in quarantine for a day', async () => {
  const { coordinator, service, client, kept, ask } = await setUp();
  expect(await ask('suspects')).toBe('No agent is under suspicion.\n');
  const downloader = createTestReporter(coordinator, 'agent', () => service.url);
  const uploader = createTestReporter(coordinator, 'agent', () => service.url);
  const endMs = Date.now() - 60_000;
  const transfer = await peerTransfer({
    ...{ coordinator, uploader: uploader.identity, downloader: downloader.identity },
    ...{ toBytes: sizeBytes / 10, startMs: endMs - 2_000, endMs },
  });
  await downloader.post([transfer]);
  const state = (sentBytes: number) => statementOf(transfer, uploader.identity, { sentBytes, timeMs: endMs });
  await uploader.post([state(2_000_000), state(3_000_000)]);
  await service.reviewSuspects();

  const { suspects } = await client.listSuspects({ query: {} });
  expect(suspects).toMatchObject([
    {
      agent: uploader.identity.key,
      score: 100,
      suspicions: [{ check: 'statement-fork', score: 100 }],
      quarantine: { by: 'accounting' },
    },
  ]);
  const { untilMs } = suspects[0]!.quarantine!;
  expect(Math.abs(untilMs! - Date.now() - 86_400_000)).toBeLessThan(60_000);
  expect(kept.get(uploader.identity.key)?.suspicions[0]?.evidence).toHaveLength(3);
  expect(JSON.parse(await ask('suspects', '--json'))).toEqual(suspects);
  const text = await ask('suspects', '--evidence');
  expect(text).toContain(uploader.identity.key);
  expect(text).toMatch(/100 {2}statement-fork: it signed two histories/);
  expect(text).toContain('"sentBytes":3000000');
  const headers = { authorization: `Bearer ${service.operatorToken}` };
  const metrics = await (await fetch(`${service.url}/metrics`, { headers })).text();
  expect(metrics).toMatch(/^fairhop_accounting_suspicions_total\{.*check="statement-fork".*\} 1$/m);
  expect(metrics).toMatch(/^fairhop_accounting_quarantined_agents(\{.*\})? 1$/m);
  expect((await fetch(`${service.url}/v1/suspects`)).status).toBe(401);
});

it('counts messages that nobody signs by mistake', async () => {
  const { coordinator, service, client } = await setUp();
  const downloader = createTestReporter(coordinator, 'agent', () => service.url);
  const uploader = createTestReporter(coordinator, 'agent', () => service.url);
  const endMs = Date.now() - 60_000;
  const facts = { coordinator, uploader: uploader.identity, downloader: downloader.identity };
  const of = (toBytes: number) => peerTransfer({ ...facts, toBytes, startMs: endMs - 2_000, endMs });
  // The receipt of one transfer, told of others.
  const [first, ...others] = await Promise.all([of(1_000), of(1_000), of(1_000), of(1_000)]);
  const { rejected } = await downloader.post([
    first,
    ...others.map((other) => ({ ...other, to: first!.to })),
  ]);
  expect(rejected).toHaveLength(3);
  await service.reviewSuspects();
  const { suspects } = await client.listSuspects({ query: {} });
  expect(suspects).toMatchObject([
    { agent: downloader.identity.key, suspicions: [{ check: 'forged-reports' }] },
  ]);
});
