import { type Contract, FairhopError } from '@fairhop/shared/model';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Contracts } from './index.js';
import {
  APRIL_MS,
  charge,
  FEBRUARY_MS,
  ispOwner,
  JANUARY_MS,
  openTestContracts,
  type TestContracts,
} from './test-support.js';

const DAY_MS = 86_400_000;
const edges = [JANUARY_MS, FEBRUARY_MS, Date.UTC(2027, 2, 1), APRIL_MS];
/** What a charge is, and what carries it. */
const usages = [
  { usage: { destination: 'sp1' }, component: 'isp:sp1' },
  { usage: { leaves: 'sp1', enters: 'sp2' }, component: 'link:as:64501>as:64502' },
  { usage: { crosses: ['as:64501'] }, component: 'as:64501' },
];

let test: TestContracts;
beforeEach(() => {
  test = openTestContracts();
});
afterEach(() => test.stop());

/** An object's components over time, as the versions have them. */
function agreedEntities({ id, versions }: Contract, object: string) {
  const entities: { component: string; fromMs: number; toMs: number | null }[] = [];
  for (const { charges, fromMs, toMs } of versions) {
    const found = charges.find((one) => `${id}.${one.id}` === object);
    const component = usages.find(({ usage }) =>
      Object.keys(usage).every((key) => found && key in found.usage),
    )?.component;
    if (found === undefined || component === undefined) continue;
    const before = entities.find((entity) => entity.component === component && entity.toMs === fromMs);
    if (before === undefined) entities.push({ component, fromMs, toMs });
    else before.toMs = toMs;
  }
  return entities.sort((left, right) =>
    left.component < right.component ? -1 : left.component > right.component ? 1 : left.fromMs - right.fromMs,
  );
}

const charges = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 2 }), { minKeys: 1 });
const put = (fromMs: number) => fc.record({ fromMs: fc.constant(fromMs), charges });
const anyPut = fc.constantFrom(...edges).chain(put);
type Put = ReturnType<typeof put> extends fc.Arbitrary<infer Value> ? Value : never;
const end = fc.record({ atMs: fc.constantFrom(...edges.map((timeMs) => timeMs + DAY_MS)) });
/** Mostly by time, since nothing is agreed backwards; then whatever comes. */
const steps = fc
  .tuple(
    fc.subarray(edges, { minLength: 1 }).chain((times) => fc.tuple(...times.map(put))),
    fc.array(fc.oneof(anyPut, end), { maxLength: 2 }),
    fc.option(end, { nil: undefined, freq: 4 }),
  )
  .map(([puts, others, last]) => [...puts, ...others, ...(last === undefined ? [] : [last])]);
const networks = fc.record({
  links: fc.subarray(['link:as:64501>as:64502', 'link:as:64501>as:64503']),
  afterMs: fc.integer({ min: 0, max: 50 * DAY_MS }),
});
/** Terms in their order, with changes of networks before, between and after them. */
const stepsAndNetworks = fc
  .tuple(
    fc.subarray(edges, { minLength: 1 }).chain((times) => fc.tuple(...times.map(put))),
    fc.array(fc.tuple(networks, fc.nat({ max: 4 })), { minLength: 1, maxLength: 4 }),
  )
  .map(([puts, changes]) => {
    const all: (Put | (typeof changes)[number][0])[] = [...puts];
    for (const [change, place] of changes) all.splice(place, 0, change);
    return all;
  });
/** Counted in changes of objects: before one of them, or after it. */
const deaths = fc.array(
  fc.option(fc.record({ atCall: fc.integer({ min: 1, max: 6 }), isAfter: fc.boolean() }), { freq: 1 }),
  {
    minLength: 8,
    maxLength: 8,
  },
);

/** Another process, which ends before or after a change of an object. */
function restartMortal(death: { readonly atCall: number; readonly isAfter: boolean } | null | undefined) {
  let calls = 0;
  const mortal =
    <Argument extends unknown[], Result>(act: (...given: Argument) => Result) =>
    (...given: Argument): Result => {
      calls += 1;
      if (calls === death?.atCall && !death.isAfter) throw new Error('killed');
      const result = act(...given);
      if (calls === death?.atCall) throw new Error('killed');
      return result;
    };
  return test.restart({
    ...test.objects,
    put: mortal(test.objects.put),
    close: mortal(test.objects.close),
  });
}

function perform(contracts: Contracts, id: string, change: { atMs: number } | Put): void {
  try {
    if ('atMs' in change) contracts.end(id, change.atMs);
    else {
      const agreed = Object.entries(change.charges).map(([name, usage]) =>
        charge({ owner: 'moviestudio', category: id, ...usages[usage]!.usage }, { id: name }),
      );
      contracts.put(id, ispOwner(agreed, { fromMs: change.fromMs }));
    }
  } catch (error) {
    if (!(error instanceof FairhopError) && (error as Error).message !== 'killed') throw error;
  }
}

it('objects follow what is agreed, whatever is agreed and wherever the process ends', () => {
  let run = 0;
  fc.assert(
    fc.property(steps, deaths, (changes, ends) => {
      run += 1;
      const id = `run-${run}`;
      for (const [index, change] of changes.entries()) {
        perform(restartMortal(ends[index]), id, change);
        const [contract] = test
          .restart()
          .list()
          .filter((one) => one.id === id);
        if (contract === undefined) continue;
        contract.versions.forEach(({ fromMs, toMs }, place) => {
          expect(toMs ?? Infinity).toBeGreaterThan(fromMs);
          expect(toMs).toBe(contract.versions[place + 1]?.fromMs ?? toMs);
        });
        const endMs = contract.versions.at(-1)!.toMs;
        for (const object of contract.objects) {
          const { entities, closedMs } = test.objects.get(object);
          expect(entities).toEqual(agreedEntities(contract, object));
          expect(closedMs).toBe(endMs);
        }
      }
    }),
    { numRuns: 40 },
  );
});

it('objects are carried by what networks have, whatever changes in which order and wherever the process ends', () => {
  let run = 0;
  fc.assert(
    fc.property(stepsAndNetworks, deaths, (changes, ends) => {
      run += 1;
      const id = `followed-${run}`;
      let nowMs = JANUARY_MS;
      for (const [index, change] of changes.entries()) {
        const contracts = restartMortal(ends[index]);
        if ('links' in change) {
          nowMs += change.afterMs;
          test.links.set('sp1 sp2', change.links);
          contracts.networksChanged(nowMs);
        } else perform(contracts, id, change);
      }
      const contracts = test.restart();
      contracts.networksChanged(nowMs);
      const contract = contracts.list().find((one) => one.id === id);
      if (contract === undefined) return;
      const links = test.links.get('sp1 sp2')!;
      const crossing = links.length > 0 ? links : ['isp:sp1', 'isp:sp2'];
      for (const timeMs of [nowMs, ...edges].filter((edgeMs) => edgeMs >= nowMs)) {
        const isThen = ({ fromMs, toMs }: { fromMs: number; toMs: number | null }): boolean =>
          fromMs <= timeMs && (toMs === null || toMs > timeMs);
        const version = contract.versions.find(isThen);
        for (const object of contract.objects) {
          const usage = version?.charges.find((one) => `${id}.${one.id}` === object)?.usage;
          const carriers = usage?.destination ? ['isp:sp1'] : usage?.leaves ? crossing : usage?.crosses;
          const entities = test.objects.get(object).entities.filter(isThen);
          expect(entities.map(({ component }) => component)).toEqual([...(carriers ?? [])].sort());
        }
      }
    }),
    { numRuns: 60 },
  );
});
