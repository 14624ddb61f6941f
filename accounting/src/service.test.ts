import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createIdentity } from '@fairhop/shared/crypto';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestCoordinator } from './fixture/coordinator.js';
import { createTestReporter, edgeTransfer, pastSecond, peerTransfer } from './fixture/reporter.js';
import {
  type ConfigOverrides,
  createTestDirectory,
  demoGraph,
  startTestService,
  type TestService,
} from './fixture/service.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const setUp = async () => {
  const directory = createTestDirectory();
  cleanups.push(directory.remove);
  const coordinator = await createTestCoordinator(Date.now);
  cleanups.push(coordinator.close);
  const start = async (overrides: ConfigOverrides = {}): Promise<TestService> => {
    const accounting = await startTestService({
      asGraphFile: directory.graphFile,
      dataDirectory: directory.dataDirectory,
      coordinatorUrl: coordinator.url,
      ...overrides,
    });
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopping ??= accounting.stop();
      return stopping;
    };
    cleanups.push(stop);
    return { ...accounting, stop };
  };
  return { directory, coordinator, start };
};

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

describe('the accounting service', () => {
  it("asks about today by the service's clock", async () => {
    const noonMs = Date.UTC(2031, 4, 15, 12);
    const clock = createManualClock(noonMs);
    const directory = createTestDirectory();
    const coordinator = await createTestCoordinator(clock.nowMs);
    cleanups.push(directory.remove, coordinator.close);
    const { graphFile: asGraphFile, dataDirectory } = directory;
    const config = { asGraphFile, dataDirectory, coordinatorUrl: coordinator.url };
    const { client, url, stop } = await startTestService(config, clock);
    cleanups.push(stop);
    const edge = createTestReporter(coordinator, 'edge', () => url);
    const times = { startMs: noonMs - 3_600_000, endMs: noonMs - 3_599_000 };
    expect(await edge.post([edgeTransfer({ bytes: 70_000, ...times })])).toMatchObject({ accepted: 1 });
    const today = { measure: 'bytes', time: { period: 'today' } } as const;
    const fromMs = Date.UTC(2031, 4, 15);
    expect(await client.query({ body: today })).toMatchObject({ value: 70_000, fromMs });
  });

  it('keeps what it acknowledged over a restart, and still books it once', async () => {
    const { coordinator, start } = await setUp();
    let accounting = await start();
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    const record = edgeTransfer({ bytes: 70_000, ...pastSecond() });
    expect(await edge.post([record])).toMatchObject({ accepted: 1 });
    const { operatorToken } = accounting.service;
    await accounting.stop();
    accounting = await start();
    expect(accounting.service.operatorToken).toBe(operatorToken);
    expect(await edge.post([record], { firstSequence: 0 })).toMatchObject({ accepted: 0, duplicates: 1 });
    const { events } = await accounting.client.listEvents({ query: {} });
    expect(events.map(({ bytes }) => bytes)).toEqual([70_000]);
  });

  it('refuses a data directory that is in use, or of a later version', async () => {
    const { directory, start } = await setUp();
    const accounting = await start();
    expect(await codeOf(start())).toBe('data-directory-locked');
    await accounting.stop();
    const format = join(directory.dataDirectory, 'format.json');
    writeFileSync(format, JSON.stringify({ ...JSON.parse(readFileSync(format, 'utf8')), version: 999 }));
    expect(await codeOf(start())).toBe('data-directory-newer');
  });

  it('refuses an AS graph that is missing or wrong, and lets go of what it opened', async () => {
    const { directory, start } = await setUp();
    expect(await codeOf(start({ asGraphFile: join(directory.path, 'none.json') }))).toBe(
      'as-graph-unreadable',
    );
    writeFileSync(join(directory.path, 'wrong.json'), JSON.stringify({ ...demoGraph, ases: [] }));
    expect(await codeOf(start({ asGraphFile: join(directory.path, 'wrong.json') }))).toBe('as-graph-invalid');
    await start();
  });

  it('takes a port that is in use for what it is', async () => {
    const { directory, start } = await setUp();
    const { url } = await start();
    const other = join(directory.path, 'other');
    expect(await codeOf(start({ dataDirectory: other, port: Number(new URL(url).port) }))).toBe(
      'port-in-use',
    );
  });

  it('stamps new events with the paths of a changed AS graph, and leaves old events theirs', async () => {
    const { directory, coordinator, start } = await setUp();
    const accounting = await start({ asGraphCheckIntervalMs: 100 });
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    const book = async (): Promise<string[]> => {
      const transferId = randomUUID();
      await edge.post([edgeTransfer({ transferId, bytes: 5, ...pastSecond() })]);
      const { events } = await accounting.client.listEvents({ query: { transferId } });
      return events[0]?.path?.components ?? [];
    };
    const before = await book();
    expect(before).toContain('as:64500');
    const direct = { from: 64496, to: 64501, relationship: 'peer' };
    const replace = (text: string): void => {
      writeFileSync(`${directory.graphFile}.new`, text);
      renameSync(`${directory.graphFile}.new`, directory.graphFile);
    };
    replace('{ this is no graph');
    expect(await codeOf(accounting.service.reloadAsGraph())).toBe('as-graph-invalid');
    expect(await book()).toEqual(before);
    replace(JSON.stringify({ ...demoGraph, links: [...demoGraph.links, direct] }));
    await expect.poll(book, patience).toContain('link:as:64496>as:64501');
    const { events } = await accounting.client.listEvents({ query: { limit: 1 } });
    expect(events[0]?.path?.components).toEqual(before);
  });

  it('keeps a batch waiting, rather than refuse it, while the coordinator’s keys cannot be had', async () => {
    const { coordinator, start } = await setUp();
    const accounting = await start();
    const agent = createTestReporter(coordinator, 'agent', () => accounting.url);
    const uploader = createIdentity();
    const facts = { coordinator, uploader, downloader: agent.identity, toBytes: 5, ...pastSecond() };
    const record = await peerTransfer(facts);
    coordinator.isUp = false;
    expect(await codeOf(agent.post([record]))).toBe('keys-unavailable');
    coordinator.isUp = true;
    expect(await agent.post([record])).toMatchObject({ accepted: 1 });
    coordinator.isUp = false;
    expect(await agent.post([await peerTransfer(facts)])).toMatchObject({ accepted: 1 });
  });

  it('fetches keys anew for a name that it does not know, and not for each of many', async () => {
    const { coordinator, start } = await setUp();
    const accounting = await start();
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    coordinator.publish([{ kid: 'other', key: coordinator.identity.key }]);
    const record = edgeTransfer({ bytes: 5, ...pastSecond() });
    const attempts = Array.from({ length: 40 }, () => codeOf(edge.post([record])));
    expect(await Promise.all(attempts)).toEqual(attempts.map(() => 'token-unknown-key'));
    expect(coordinator.fetches).toBeLessThan(attempts.length / 2);
    coordinator.publish([{ kid: 'coordinator-1', key: coordinator.identity.key }]);
    expect(await edge.post([record])).toMatchObject({ accepted: 1 });
  });

  it('tells further batches to come again when as many as it takes are under way', async () => {
    const { coordinator, start } = await setUp();
    const accounting = await start({ maxConcurrentBatches: 1 });
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    const record = edgeTransfer({ bytes: 5, ...pastSecond() });
    expect(await edge.post([record])).toMatchObject({ accepted: 1 });
    const { hostname, port } = new URL(accounting.url);
    const token = await coordinator.access(edge.identity.key, 'edge');
    const slow = connect(Number(port), hostname);
    slow.write(
      `POST /v1/reports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    );
    await expect.poll(() => codeOf(edge.post([record])), patience).toBe('overloaded');
    const response = await fetch(`${accounting.url}/v1/reports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: '{}',
    });
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    slow.destroy();
    await expect.poll(() => codeOf(edge.post([record])), patience).toBe('no error');
  });

  it('books reports of others while one address sends slowly', async () => {
    const { coordinator, start } = await setUp();
    const accounting = await start({ maxConcurrentBatches: 4 });
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    const record = edgeTransfer({ bytes: 5, ...pastSecond() });
    const { hostname: host, port } = new URL(accounting.url);
    const token = await coordinator.access(edge.identity.key, 'edge');
    const answers = Array.from({ length: 6 }, () => {
      const slow = connect({ host, port: Number(port), localAddress: '127.0.0.9' });
      cleanups.push(() => slow.destroy());
      slow.write(
        `POST /v1/reports HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
      );
      return new Promise<string>((resolve) => slow.once('data', (data) => resolve(data.toString())));
    });
    // All but two have their answer; then those two are in.
    let refused = 0;
    for (const answer of answers)
      void answer.then((head) => {
        if (head.includes(' 503 ')) refused += 1;
      });
    await expect.poll(() => refused, patience).toBe(4);
    expect(await edge.post([record])).toMatchObject({ accepted: 1 });
  });

  it('answers nobody but the operator, and shows what it does in its metrics and documents', async () => {
    const { coordinator, start } = await setUp();
    const accounting = await start({ auditIntervalMs: 100 });
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    await edge.post([edgeTransfer({ bytes: 70_000, ...pastSecond() }), edgeTransfer({ bytes: -1 })]);
    const agentToken = await coordinator.access(edge.identity.key, 'edge');
    for (const path of [
      '/v1/events',
      '/v1/budgets',
      '/v1/alerts',
      '/v1/audit',
      '/v1/gaps',
      '/v1/rejections',
    ]) {
      expect((await fetch(accounting.url + path)).status).toBe(401);
      const headers = { authorization: `Bearer ${agentToken}` };
      expect((await fetch(accounting.url + path, { headers })).status).toBe(401);
    }
    const headers = { authorization: `Bearer ${accounting.service.operatorToken}` };
    const read = async () => (await fetch(`${accounting.url}/metrics`, { headers })).text();
    await expect.poll(read, patience).toMatch(/fairhop_accounting_audit_ok\{.*\} 1/);
    const metrics = await read();
    expect(metrics).toMatch(/fairhop_accounting_bytes_total\{attributed="yes".*\} 70000/);
    expect(metrics).toMatch(/fairhop_accounting_messages_total\{outcome="rejected".*\} 1/);
    expect(metrics).toMatch(/fairhop_accounting_rejections_total\{code="record-invalid".*\} 1/);
    const documents = (await (await fetch(`${accounting.url}/docs/json`)).json()) as {
      paths: Record<string, unknown>;
    };
    expect(Object.keys(documents.paths)).toContain('/v1/reports');
    expect(JSON.stringify(documents.paths['/v1/reports'])).toContain('edge-transfer');
    expect((await fetch(`${accounting.url}/readyz`)).status).toBe(200);
  });
});
