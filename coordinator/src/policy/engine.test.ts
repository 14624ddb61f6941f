import type { Policy } from '@fairhop/shared/model';
import { createAsGraph, createAsPaths } from '@fairhop/shared/net';
import { createLog, createManualClock } from '@fairhop/shared/service';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { testGraph } from '../test-kit.js';
import { createPolicyEngine } from './engine.js';
import type { GrantFacts } from './flow-table.js';
import { createInForce } from './in-force.js';
import { createPolicyMetrics } from './metrics.js';
import { createToldWays } from './told-ways.js';

const MBIT = 1_000_000;
const STEP_MS = 250;
const startMs = Date.parse('2026-11-20T17:59:00Z');
const graph = createAsGraph(testGraph);
const paths = createAsPaths(graph);
const sp2 = { asn: 64502, isp: 'sp2' };
const title = { id: 'studio/film', category: 'video' };

const policyOf = (changes: Partial<Policy> = {}): Policy => ({
  ...{ id: 'evening', component: 'as:64502', capacityBitsPerSecond: 30 * MBIT, scope: { kind: 'all' } },
  ...{ releasePercent: 90, setBy: 'operator', createdMs: 0, changedMs: 0 },
  ...changes,
});

function createWorld(first: readonly Policy[]) {
  const clock = createManualClock(startMs);
  let policies = first;
  const phases: string[] = [];
  const store = {
    list: () => policies,
    note: (_id: string, { what }: { what: string }) => phases.push(what),
  };
  const inForce = createInForce({
    store: store as unknown as Parameters<typeof createInForce>[0]['store'],
    ways: createToldWays(clock.nowMs),
    paths: () => paths,
    graph: () => graph,
  });
  const engine = createPolicyEngine({
    ...{ clock, store, inForce, metrics: createPolicyMetrics(new Registry()), onPhase: () => undefined },
    log: createLog({ name: 'test', level: 'silent' }),
  });
  const set = (next: readonly Policy[]): void => {
    policies = next;
  };
  const activity = () => engine.activity(policies[0]!);
  return { clock, engine, phases, set, activity };
}

/** A grant or an edge's transfer in a closed loop: it sends as much as it wants of what it was told. */
interface Sender {
  wants: number;
  told: number;
  bytes: number;
}
const rateOf = ({ wants, told }: Sender): number => Math.min(wants, told);
const grantOf = (index: number, { bytes }: Sender): GrantFacts => ({
  ...{ transferId: `grant-${index}`, title, downloader: `agent-${index}`, isTellable: true },
  ...{ source: { asn: 64501, isp: 'sp1' }, destination: sp2 },
  ...{ rateBitsPerSecond: 50 * MBIT, maxBytes: 1e12, reportedBytes: Math.floor(bytes) },
});

it('keeps what grants and edges send below the capacity from two seconds on, and nine tenths of it in use', () => {
  const wants = fc.integer({ min: 0, max: 40 * MBIT });
  fc.assert(
    fc.property(
      fc.array(wants, { maxLength: 12 }),
      fc.array(fc.array(wants, { minLength: 1, maxLength: 5 }), { maxLength: 3 }),
      fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
      (grantWants, edgeWants, offsets) => {
        const capacity = 30 * MBIT;
        const { clock, engine } = createWorld([policyOf()]);
        const grants = grantWants.map((want): Sender => ({ wants: want, told: 50 * MBIT, bytes: 0 }));
        const edges = edgeWants.map((wanted) => ({
          told: Number.POSITIVE_INFINITY,
          transfers: wanted.map(
            (want): Sender => ({ wants: want, told: Number.POSITIVE_INFINITY, bytes: 0 }),
          ),
        }));
        /** An edge shares its rate fairly between its transfers, as its shaper does. */
        const shareEdge = ({ told, transfers }: (typeof edges)[number]): void => {
          let left = told;
          const rising = [...transfers].sort((one, other) => one.wants - other.wants);
          for (const [index, transfer] of rising.entries()) {
            transfer.told = left / (rising.length - index);
            left -= rateOf(transfer);
          }
        };
        const all = (): Sender[] => [...grants, ...edges.flatMap(({ transfers }) => transfers)];
        const demand = all().reduce((sum, { wants: want }) => sum + want, 0);
        let sent = 0;
        for (let step = 0; step < 160; step += 1) {
          const timeMs = step * STEP_MS;
          if (timeMs % 1_000 === 0) {
            const { rates } = engine.tick(grants.map((grant, index) => grantOf(index, grant)));
            for (const [index, grant] of grants.entries())
              grant.told = rates.get(`grant-${index}`)?.rateBitsPerSecond ?? grant.told;
          }
          for (const [index, edge] of edges.entries()) {
            if (step % 4 !== offsets[index]) continue;
            const told = edge.transfers.map(({ bytes }, number) => ({
              ...{ transferId: `edge-${index}-${number}`, bytes: Math.floor(bytes), title: title.id },
              ...{ clientAddress: '127.2.0.1', client: `client-${index}-${number}`, to: sp2, facts: title },
            }));
            const from = { asn: 64496, isp: 'cdn' };
            edge.told = engine.beat(`edge-${index}`, from, told)![0]!.rateBitsPerSecond;
          }
          for (const edge of edges) shareEdge(edge);
          const rate = all().reduce((sum, sender) => sum + rateOf(sender), 0);
          // Everybody keeps a little, so that nobody's connection dies.
          if (timeMs >= 2_000)
            expect(rate).toBeLessThanOrEqual(capacity + 8_000 * (grants.length + edges.length));
          if (timeMs >= 20_000) sent += rate * STEP_MS;
          for (const sender of all()) sender.bytes += (rateOf(sender) * STEP_MS) / 8_000;
          clock.advance(STEP_MS);
        }
        const mean = sent / (160 * STEP_MS - 20_000);
        expect(mean).toBeGreaterThanOrEqual(0.9 * Math.min(capacity, demand));
      },
    ),
    { numRuns: 60 },
  );
});

describe('what is booked of a time', () => {
  const hours = { from: '18:00', to: '19:00', timeZone: 'Europe/London' };
  const DAY_MS = 86_400_000;

  /** A world with one grant that sends 20 Mbit/s at every hour, looked at each second. */
  const createSteady = (policy: Policy) => {
    const world = createWorld([policy]);
    const { clock, engine } = world;
    const bytes = (): number => ((clock.nowMs() - startMs) / 8_000) * 20 * MBIT;
    const run = (seconds: number): void => {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1_000);
        engine.tick([{ ...grantOf(0, { wants: 1, told: 1, bytes: bytes() }), maxBytes: 1e15 }]);
      }
    };
    /** Accounting tells the 5 minutes before. */
    const book = (): void => {
      const toMs = clock.nowMs() - 90_000;
      engine.book('evening', { fromMs: toMs - 300_000, toMs, bitsPerSecond: 20 * MBIT });
    };
    return { ...world, run, book };
  };

  it('before its hours leaves a policy its whole capacity on the second day as on the first', () => {
    const { clock, activity, run, book } = createSteady(policyOf({ hours }));
    for (let day = 0; day < 2; day += 1) {
      // From a minute before its hours to ten minutes into them.
      run(60);
      book();
      run(30);
      const { phase, grantedBitsPerSecond } = activity();
      expect([day, phase.name]).toEqual([day, 'open']);
      expect(grantedBitsPerSecond).toBeGreaterThan(28 * MBIT);
      run(570);
      clock.advance(DAY_MS - 660_000 - 10_000);
      run(10);
    }
  });

  it('is not held against other traffic that the policy was about then', () => {
    const { activity, set, run, book } = createSteady(
      policyOf({ scope: { kind: 'category', category: 'software' } }),
    );
    run(500);
    expect(activity().measuredBitsPerSecond).toBe(0);
    set([policyOf({ scope: { kind: 'all' }, changedMs: 1 })]);
    run(20);
    book();
    run(5);
    expect(activity()).toMatchObject({ phase: { name: 'open' } });
    expect(activity().grantedBitsPerSecond).toBeGreaterThan(28 * MBIT);
  });

  it('still tells what nobody told of live once only the capacity was changed', () => {
    const { activity, set, run, book } = createSteady(policyOf({ component: 'as:64500' }));
    run(500);
    set([policyOf({ component: 'as:64500', capacityBitsPerSecond: 40 * MBIT, changedMs: 1 })]);
    run(5);
    book();
    run(5);
    expect(activity().expectedBitsPerSecond).toBe(20 * MBIT);
  });
});

it('tells nothing of an edge’s transfers that a policy was about before it was changed', () => {
  const scope = { kind: 'title', title: title.id } as const;
  const { clock, engine, set, activity } = createWorld([policyOf({ scope })]);
  let bytes = 0;
  const beat = () => {
    bytes += MBIT;
    const transfer = { transferId: 'edge-0', bytes, title: title.id, clientAddress: '127.2.0.1' };
    return engine.beat('edge1', { asn: 64496, isp: 'cdn' }, [{ ...transfer, to: sp2, facts: title }])!;
  };
  for (let second = 0; second < 8; second += 1) {
    engine.tick([]);
    beat();
    clock.advance(1_000);
  }
  expect(activity()).toMatchObject({ edgeTransfers: 1, measuredBitsPerSecond: 8 * MBIT });
  set([policyOf({ changedMs: 1 })]);
  const nothing = { edgeTransfers: 0, grantedBitsPerSecond: 0, expectedBitsPerSecond: 0 };
  expect(activity()).toMatchObject({ ...nothing, measuredBitsPerSecond: 0 });
  engine.tick([]);
  expect(activity()).toMatchObject({ ...nothing, measuredBitsPerSecond: 0 });
  // From its next word on it is under what the policy is about now.
  expect(beat()[0]!.rateBitsPerSecond).toBeGreaterThan(10 * MBIT);
  expect(activity().edgeTransfers).toBe(1);
});

it('acts in its hours alone, and frees what it limited when they end', () => {
  const hours = { from: '18:00', to: '19:00', timeZone: 'Europe/London' };
  const { clock, engine, phases, activity } = createWorld([
    policyOf({ hours, capacityBitsPerSecond: 5 * MBIT }),
  ]);
  const grant = grantOf(0, { wants: 50 * MBIT, told: 50 * MBIT, bytes: 0 });
  const tick = () => engine.tick([grant]);
  expect(tick().rates.size).toBe(0);
  expect(activity().phase.name).toBe('resting');
  clock.advance(60_000);
  expect(tick().rates.get('grant-0')?.rateBitsPerSecond).toBeLessThanOrEqual(5 * MBIT);
  expect(activity().phase.name).toBe('acting');
  clock.advance(3_600_000);
  expect(tick()).toMatchObject({ freed: ['grant-0'], rates: new Map() });
  expect(activity().phase.name).toBe('resting');
  expect(phases).toEqual(['acting', 'released']);
});

it('ends the grants that brought least when there are too many for a share that is of use', () => {
  const { engine } = createWorld([policyOf({ capacityBitsPerSecond: 210_000 })]);
  const grants = Array.from({ length: 5 }, (_, index) =>
    grantOf(index, { wants: 1, told: 1, bytes: 1e10 * (index + 1) }),
  );
  const { ended, rates } = engine.tick(grants);
  expect([...ended.keys()].sort()).toEqual(['grant-0', 'grant-1']);
  expect([...rates.keys()].sort()).toEqual(['grant-2', 'grant-3', 'grant-4']);
});

it('follows a capacity that falls, is raised and is removed', () => {
  const { clock, engine, set } = createWorld([policyOf()]);
  const grants = [0, 1].map((index) => grantOf(index, { wants: 1, told: 1, bytes: 0 }));
  const sum = (): number => {
    clock.advance(1_000);
    return [...engine.tick(grants).rates.values()].reduce((total, one) => total + one.rateBitsPerSecond, 0);
  };
  sum();
  expect(sum()).toBeGreaterThan(28 * MBIT);
  set([policyOf({ capacityBitsPerSecond: 6 * MBIT })]);
  expect(sum()).toBeLessThanOrEqual(6 * MBIT);
  set([policyOf({ capacityBitsPerSecond: 90 * MBIT })]);
  expect(sum()).toBeGreaterThan(80 * MBIT);
  set([]);
  expect(engine.tick(grants).freed).toEqual(['grant-0', 'grant-1']);
});
