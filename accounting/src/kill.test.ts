import { accountingEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { expect, it, onTestFinished } from 'vitest';
import { startChildService } from './fixture/child-process.js';
import { createTestCoordinator } from './fixture/coordinator.js';
import { createTestReporter, pastSecond, peerTransfer, statementOf } from './fixture/reporter.js';
import { createTestDirectory, startTestService } from './fixture/service.js';
import { createWebhookReceiver, secret } from './fixture/webhook-receiver.js';

/** For what happens soon, on a machine that is busy. */
const patience = { timeout: 15_000 };

const bytesPerTransfer = 1_000;

it('killed in the middle of ingest and of an alert, loses nothing that it acknowledged and doubles nothing', async () => {
  const directory = createTestDirectory();
  onTestFinished(directory.remove);
  const coordinator = await createTestCoordinator(Date.now);
  onTestFinished(coordinator.close);
  const receiver = await createWebhookReceiver();
  onTestFinished(receiver.close);
  const config = {
    asGraphFile: directory.graphFile,
    dataDirectory: directory.dataDirectory,
    coordinatorUrl: coordinator.url,
    useBundledAsnDataset: false,
    port: 0,
  };
  const child = await startChildService(directory.path, config);
  onTestFinished(child.kill);
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const client = createClient(accountingEndpoints, { http, baseUrl: child.url, token: child.operatorToken });

  // The receiver takes the alert and never answers: the process is killed between the record and the delivery.
  receiver.answerNext(() => undefined);
  const budget = {
    owner: 'moviestudio',
    limitBytes: 5 * bytesPerTransfer,
    period: 'total' as const,
    stepsPercent: [100],
  };
  await client.putBudget({
    params: { id: 'movies' },
    body: { ...budget, webhook: { url: receiver.url, secret } },
  });

  let serviceUrl = child.url;
  const agent = createTestReporter(coordinator, 'agent', () => serviceUrl);
  const uploader = createTestReporter(coordinator, 'agent', () => serviceUrl);
  const facts = {
    coordinator,
    uploader: uploader.identity,
    downloader: agent.identity,
    toBytes: bytesPerTransfer,
  };
  const times = pastSecond();
  const records = await Promise.all(Array.from({ length: 80 }, () => peerTransfer({ ...facts, ...times })));
  // The uploader's word comes first, so that what is booked is settled: budgets count nothing else.
  const sent = { sentBytes: bytesPerTransfer, timeMs: times.endMs, last: true };
  await uploader.post(records.map((record) => statementOf(record, uploader.identity, sent)));
  let acknowledged = 0;
  let killed: Promise<void> | undefined;
  for (const [sequence, record] of records.entries()) {
    if (acknowledged === 20) {
      await expect.poll(() => receiver.received.length, patience).toBe(1);
      killed = child.kill();
    }
    const answer = await agent.post([record], { firstSequence: sequence }).catch(() => undefined);
    if (answer === undefined) break;
    acknowledged += answer.accepted;
  }
  await killed;
  expect(killed).toBeDefined();
  expect(receiver.received).toHaveLength(1);

  const { service, ...accounting } = await startTestService(config);
  onTestFinished(accounting.stop);
  serviceUrl = accounting.url;
  expect(service.operatorToken).toBe(child.operatorToken);
  const before = await accounting.client.query({ body: { measure: 'bytes' } });
  expect(before.value).toBeGreaterThanOrEqual(acknowledged * bytesPerTransfer);
  for (const [sequence, record] of records.entries()) {
    const answer = await agent.post([record], { firstSequence: sequence });
    expect(answer.rejected).toEqual([]);
    if (sequence < acknowledged) expect(answer).toMatchObject({ accepted: 0, duplicates: 1 });
  }
  const after = await accounting.client.query({ body: { measure: 'bytes' } });
  expect(after.value).toBe(records.length * bytesPerTransfer);
  expect(await accounting.client.audit({})).toMatchObject({ ok: true, events: records.length });

  const delivered = async () =>
    (await accounting.client.listAlerts({ query: {} })).alerts.map(({ id, deliveredMs }) => [
      id,
      deliveredMs !== null,
    ]);
  await expect.poll(delivered, patience).toEqual([[receiver.received[0]?.id, true]]);
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1);
}, 60_000);
