import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathEvidenceRecordSchema } from '@fairhop/shared/model';
import type { Tracer } from '@fairhop/shared/probe';
import type { Database } from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { edgeConfigSchema } from '../config.js';
import { createFacts, openEdgeDatabase } from '../edge-database.js';
import { createOutbox, type Outbox } from '../report/outbox.js';
import type { TransferFacts } from '../report/part-meter.js';
import { silentLog } from '../testing/test-coordinator.js';
import { createPathEvidence } from './path-evidence.js';

const MIB = 1024 * 1024;
let directory: string;
let database: Database;
let outbox: Outbox;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairhop-edge-path-'));
  database = openEdgeDatabase(join(directory, 'edge.db'));
  outbox = createOutbox(database, 0);
});
afterEach(async () => {
  database.close();
  await rm(directory, { recursive: true });
});

const transfer = (index: number): TransferFacts => ({
  kind: 'edge-to-client',
  transferId: `00000000-0000-4000-8000-00000000000${index}`,
  source: 'host:edge',
  sourceAddress: '198.18.1.2',
  destination: 'host:client',
  destinationAddress: `198.19.${index}.2`,
  content: 'cd'.repeat(32),
  title: 'studio/film',
  category: 'video',
  sizeBytes: 100 * MIB,
});
const hops = [{ timeToLive: 1, replies: [{ address: '198.18.1.1', roundTripMicros: 300 }] }];
const tracer: Tracer = {
  program: async () => 'traceroute-linux',
  trace: async () => ({
    tool: 'traceroute',
    protocol: 'udp',
    startMs: 1000,
    endMs: 2000,
    reached: false,
    hops,
  }),
};

/** Serves `mebibytes` to each of the clients 1 and 2, a MiB each second. */
async function traced(mebibytes: Readonly<Record<1 | 2, number>>, tracing: object = {}) {
  let timeMs = 5_000_000;
  const evidence = createPathEvidence(edgeConfigSchema.parse({ tracing }), {
    outbox,
    facts: createFacts(database),
    clock: { nowMs: () => timeMs },
    monotonicMs: () => timeMs,
    log: silentLog,
    tracer,
    hostFacts: { read: async () => ({ gateway: '198.18.1.1' }) },
  });
  for (const index of [1, 2] as const) {
    for (let count = 0; count < mebibytes[index]; count += 1) {
      timeMs += 1000;
      evidence.count(transfer(index), MIB);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await evidence.stop();
  return outbox.waiting(10).map(({ record }) => pathEvidenceRecordSchema.parse(record));
}

it('reports the way to a client that takes more than a few megabytes, once, over restarts', async () => {
  const records = await traced({ 1: 20, 2: 3 });
  expect(records).toEqual([
    expect.objectContaining({
      direction: 'forward',
      transferId: transfer(1).transferId,
      sourceAddress: '198.18.1.2',
      destinationAddress: '198.19.1.2',
      hops,
    }),
  ]);
  // A client's word names a grant, an edge's stands by its own key.
  expect(records[0]).not.toHaveProperty('grant');
  expect(await traced({ 1: 20, 2: 0 })).toHaveLength(1);
});

it('does nothing where it is off', async () => {
  expect(await traced({ 1: 20, 2: 20 }, { enabled: false })).toEqual([]);
});
