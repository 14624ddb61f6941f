import type { Policy } from '@fairhop/shared/model';
import { createAsGraph, createAsPaths } from '@fairhop/shared/net';
import { createLog, createManualClock } from '@fairhop/shared/service';
import fc from 'fast-check';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
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
  return { clock, engine, phases, set };
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

it('acts in its hours alone, and frees what it limited when they end', () => {
  const hours = { from: '18:00', to: '19:00', timeZone: 'Europe/London' };
  const { clock, engine, phases } = createWorld([policyOf({ hours, capacityBitsPerSecond: 5 * MBIT })]);
  const grant = grantOf(0, { wants: 50 * MBIT, told: 50 * MBIT, bytes: 0 });
  const tick = () => engine.tick([grant]);
  expect(tick().rates.size).toBe(0);
  expect(engine.activity('evening').phase.name).toBe('resting');
  clock.advance(60_000);
  expect(tick().rates.get('grant-0')?.rateBitsPerSecond).toBeLessThanOrEqual(5 * MBIT);
  expect(engine.activity('evening').phase.name).toBe('acting');
  clock.advance(3_600_000);
  expect(tick()).toMatchObject({ freed: ['grant-0'], rates: new Map() });
  expect(engine.activity('evening').phase.name).toBe('resting');
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
