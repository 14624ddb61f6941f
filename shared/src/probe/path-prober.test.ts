import { expect, it } from 'vitest';
import { FairhopError } from '../model/errors.js';
import { type PathEvidenceRecord, pathEvidenceRecordSchema } from '../model/index.js';
import { createPathProber, type ProbedTransfer } from './path-prober.js';
import type { Trace } from './tracer.js';

const found: Trace = {
  tool: 'traceroute',
  protocol: 'udp',
  startMs: 1000,
  endMs: 2000,
  reached: true,
  hops: [{ timeToLive: 1, replies: [{ address: '192.0.2.1', roundTripMicros: 500 }] }],
};
const transfer = (index: number, change: Partial<ProbedTransfer> = {}): ProbedTransfer => ({
  transferId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  grant: 'grant',
  direction: 'forward',
  sourceAddress: '198.18.1.2',
  destinationAddress: `198.19.${index}.2`,
  ...change,
});

function fixture(options: { limit?: number; trace?: () => Promise<Trace>; kept?: string | undefined } = {}) {
  let timeMs = 10_000_000;
  let kept = options.kept;
  const evidence: PathEvidenceRecord[] = [];
  const [traced, told]: [string[], string[]] = [[], []];
  const log = (_fields: object, message: string): void => {
    told.push(message);
  };
  const prober = createPathProber(
    { enabled: true, hourlyLimit: options.limit ?? 100, pairIntervalMs: 86_400_000 },
    {
      tracer: {
        program: async () => 'traceroute-linux',
        trace: (destination, signal) => {
          traced.push(destination);
          return new Promise((resolve, reject) => {
            signal.addEventListener('abort', () => reject(new FairhopError('aborted', 'aborted')));
            (options.trace?.() ?? Promise.resolve(found)).then(resolve, reject);
          });
        },
      },
      hostFacts: { read: async () => ({ gateway: '198.18.1.1', natType: 'none' }) },
      store: {
        get: () => kept,
        put: (history) => {
          kept = history;
        },
      },
      nowMs: () => timeMs,
      monotonicMs: () => timeMs,
      onEvidence: (record) => evidence.push(record),
      log: { info: log, warn: log },
    },
  );
  /** The transfers run for two seconds more, looked at each half second. */
  const run = async (...transfers: ProbedTransfer[]): Promise<void> => {
    for (let step = 0; step < 4; step += 1) {
      for (const each of transfers) prober.consider(each);
      timeMs += 500;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { prober, evidence, traced, told, run, kept: () => kept };
}

it('traces a transfer that runs on, once, and reports what a record takes', async () => {
  const { prober, evidence, traced, run } = fixture();
  prober.consider(transfer(1));
  prober.consider(transfer(1));
  expect(traced).toEqual([]);
  await run(transfer(1));
  await run(transfer(1), transfer(9, { destinationAddress: '198.19.1.77' }));
  expect(traced).toEqual(['198.19.1.2']);
  expect(pathEvidenceRecordSchema.parse(evidence[0])).toMatchObject({
    ...transfer(1),
    host: { gateway: '198.18.1.1' },
  });
  expect(prober.status()).toMatchObject({
    lastHour: 1,
    waits: 'pair-recent',
    last: { outcome: '1 hops, reached' },
  });
});

it('remembers over restarts, and takes a history that cannot be read for none', async () => {
  const first = fixture();
  await first.run(transfer(1));
  const second = fixture({ kept: first.kept() });
  await second.run(transfer(1), transfer(2));
  expect(second.traced).toEqual(['198.19.2.2']);
  const third = fixture({ kept: '{"broken' });
  await third.run(transfer(1));
  expect(third.traced).toEqual(['198.19.1.2']);
});

it('traces again when a running transfer moves to another address', async () => {
  const { traced, run } = fixture();
  await run(transfer(1));
  await run(transfer(1, { destinationAddress: '198.19.1.200' }));
  expect(traced).toEqual(['198.19.1.2', '198.19.1.200']);
});

it('keeps to its limits', async () => {
  const atOnce = fixture({ trace: () => new Promise(() => undefined) });
  await atOnce.run(...[1, 2, 3, 4].map((index) => transfer(index)));
  expect(atOnce.traced).toHaveLength(2);
  expect(atOnce.prober.status()).toMatchObject({ running: 2, waits: 'busy' });
  await atOnce.prober.stop();
  expect(atOnce.evidence).toEqual([]);
  const hourly = fixture({ limit: 3 });
  await hourly.run(...[1, 2, 3, 4, 5].map((index) => transfer(index)));
  expect(hourly.traced).toHaveLength(3);
});

it('has nothing to trace within a host', async () => {
  const { traced, prober, run } = fixture();
  await run(
    transfer(1, { destinationAddress: '127.2.0.9' }),
    transfer(2, { destinationAddress: '198.18.1.2' }),
  );
  expect(traced).toEqual([]);
  expect(prober.status().waits).toBe('own-host');
});

it('says once that there is no tool, and goes on after a trace that failed', async () => {
  const missing = fixture({
    trace: () => Promise.reject(new FairhopError('trace-tool-missing', 'no traceroute')),
  });
  await missing.run(transfer(1));
  await missing.run(transfer(2), transfer(3));
  expect(missing.traced).toHaveLength(1);
  expect(missing.told).toEqual(['ways are not traced']);
  expect(missing.prober.status().problem).toBe('no traceroute');
  const failing = fixture({ trace: () => Promise.reject(new FairhopError('trace-failed', 'no hop')) });
  await failing.run(transfer(1), transfer(2));
  expect(failing.traced).toHaveLength(2);
  expect(failing.prober.status()).toMatchObject({ problem: null, last: { outcome: 'trace-failed' } });
});

it('leaves the pair of a trace that failed, or was cut short, to another transfer, within the hourly limit', async () => {
  const fail = () => Promise.reject(new FairhopError('trace-failed', 'no hop'));
  const failing = fixture({ limit: 3, trace: fail });
  await failing.run(transfer(1));
  await failing.run(transfer(1));
  expect(failing.traced).toEqual(['198.19.1.2']);
  const others = [2, 3, 4].map((index) => transfer(index, { destinationAddress: '198.19.1.2' }));
  for (const other of others) await failing.run(other);
  expect(failing.traced).toHaveLength(3);
  expect(failing.prober.status()).toMatchObject({ lastHour: 3, waits: 'hourly-limit' });

  const cut = fixture({ trace: () => new Promise(() => undefined) });
  await cut.run(transfer(1));
  await cut.prober.stop();
  const next = fixture({ kept: cut.kept() });
  await next.run(transfer(1));
  expect(next.evidence).toHaveLength(1);
});
