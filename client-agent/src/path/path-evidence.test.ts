import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathEvidenceRecordSchema } from '@fairhop/shared/model';
import type { Tracer } from '@fairhop/shared/probe';
import { createLog } from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { agentConfigSchema } from '../agent-config.js';
import { type Outbox, openOutbox } from '../report/outbox.js';
import type { UploadWay } from '../upload/index.js';
import { createPathEvidence } from './path-evidence.js';

const log = createLog({ name: 'test', level: 'silent' });
let directory: string;
let outbox: Outbox;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-path-'));
  outbox = openOutbox(join(directory, 'reports.db'), log);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  outbox.close();
  await rm(directory, { recursive: true });
});

const way = (index: number, downloaderAddress: string): UploadWay => ({
  transferId: `00000000-0000-4000-8000-00000000000${index}`,
  grant: `grant ${index}`,
  uploaderAddress: '198.18.1.2',
  downloaderAddress,
});

const tracer: Tracer = {
  program: async () => 'traceroute-linux',
  trace: async () => ({
    tool: 'traceroute',
    protocol: 'udp',
    startMs: 1000,
    endMs: 2000,
    reached: false,
    hops: [{ timeToLive: 1, replies: [{ address: '198.18.1.1', roundTripMicros: 300 }] }],
  }),
};

async function evidenceOf(tracing: object, seconds = 5) {
  const evidence = createPathEvidence(
    { tracing: agentConfigSchema.parse({ dataDirectory: 'x', tracing }).tracing, iceServers: [] },
    {
      log,
      outbox,
      nowMs: () => 5_000_000,
      uploads: () => [way(1, '198.19.1.2'), way(2, '198.19.2.2')],
      downloads: () => [way(3, '198.18.7.7')],
      tracer,
      hostFacts: { read: async () => ({ gateway: '198.18.1.1' }) },
    },
  );
  evidence.start();
  for (let second = 0; second < seconds; second += 1) {
    await vi.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const status = evidence.status();
  await evidence.stop();
  expect(vi.getTimerCount()).toBe(0);
  return { records: outbox.peek(10).map(({ record }) => pathEvidenceRecordSchema.parse(record)), status };
}

const expected = {
  type: 'path-evidence',
  direction: 'forward',
  tool: 'traceroute',
  protocol: 'udp',
  startMs: 1000,
  endMs: 2000,
  reached: false,
  sourceAddress: '198.18.1.2',
  hops: [{ timeToLive: 1, replies: [{ address: '198.18.1.1', roundTripMicros: 300 }] }],
  host: { gateway: '198.18.1.1' },
};

it('reports the way of each upload with its grant, once, over restarts', async () => {
  const { records, status } = await evidenceOf({});
  expect(records).toEqual(
    [1, 2].map((index) => ({
      ...expected,
      transferId: way(index, '').transferId,
      grant: `grant ${index}`,
      destinationAddress: `198.19.${index}.2`,
    })),
  );
  expect(status).toMatchObject({ enabled: true, lastHour: 2 });
  expect((await evidenceOf({})).records).toHaveLength(2);
});

it('traces towards those it downloads from only where that is wanted', async () => {
  const { records } = await evidenceOf({ reverse: true });
  expect(records.filter(({ direction }) => direction === 'reverse')).toEqual([
    expect.objectContaining({
      grant: 'grant 3',
      sourceAddress: '198.18.7.7',
      destinationAddress: '198.18.1.2',
    }),
  ]);
});

it('does nothing where it is off', async () => {
  const { records, status } = await evidenceOf({ enabled: false });
  expect(records).toEqual([]);
  expect(status.enabled).toBe(false);
});
