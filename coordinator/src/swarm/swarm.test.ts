import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAgent, contentA, contentB, keyOf, permitFor, readyUnder } from './fixture.js';
import { createSwarm, type Swarm } from './swarm.js';
import type { ContentSwarm, Member } from './swarm-model.js';

const places = [
  { asn: 64501, isp: 'sp1', country: 'PT' },
  { asn: 64502, isp: 'sp2', country: 'PT' },
  { asn: 64503, isp: 'sp2', country: null },
  null,
];

const stepArbitrary = fc.record({
  agent: fc.nat(5),
  place: fc.nat(3),
  pid: fc.constantFrom('north', 'south', undefined),
  content: fc.constantFrom(contentA, contentB),
  action: fc.constantFrom(
    'connect',
    'pids',
    'disconnect',
    'permit',
    'no-permit',
    'ready',
    'slots',
    'quota',
    'hold',
    'have',
    'leave',
  ),
  number: fc.nat(8),
  wants: fc.boolean(),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const pidsOf = (pid: string | undefined) => new Map(pid === undefined ? [] : [['sp1', pid]]);

function perform(swarm: Swarm, step: Step): void {
  const { agent, place, pid, content, action, number, wants } = step;
  const key = keyOf(agent);
  const permit = permitFor(key, 'sp1');
  const bits = Uint8Array.of((0xff00 >> number) & 0xff);
  if (action === 'connect')
    swarm.connect({
      key,
      address: `127.0.0.${number % 2}`,
      place: places[place] ?? null,
      pids: pidsOf(pid),
    });
  if (action === 'pids') swarm.replacePids(key, pidsOf(pid));
  if (action === 'disconnect') swarm.disconnect(key);
  if (action === 'permit') swarm.update(key, { permit });
  if (action === 'no-permit') swarm.update(key, { permit: null });
  if (action === 'ready')
    swarm.update(key, { readiness: readyUnder(permit, { ready: wants, slots: number }) });
  if (action === 'slots') swarm.update(key, { slotsUsed: number });
  if (action === 'quota') swarm.update(key, { quotaLeftBytes: number });
  if (action === 'hold') swarm.hold(key, { contentId: content, pieceCount: 8, pieces: bits, wants });
  if (action === 'have' && number < 8) swarm.have(key, content, [number]);
  if (action === 'leave') swarm.leave(key, content);
}

const sorted = (members: Iterable<Member>): string[] => [...members].map(({ agent }) => agent.key).sort();

function hasSlot({ agent }: Member): boolean {
  const { permit, readiness, network, quotaLeftBytes, slotsUsed } = agent;
  const isPermitted = permit !== null && readiness?.permitId === permit.id && network !== null;
  return isPermitted && readiness.ready && quotaLeftBytes > 0 && slotsUsed < readiness.slots;
}

/** What the indexes must say, found by looking at every member. */
function checkIndexes(content: ContentSwarm): void {
  const members = [...content.members.values()];
  const groups = [...content.networks.values()];
  const holders = members.filter((member) => hasSlot(member) && member.pieces.size > 0);
  const starters = members.filter((member) => hasSlot(member) && member.pieces.size === 0 && member.wants);
  expect(sorted(groups.flatMap((group) => group.holders.elements))).toEqual(sorted(holders));
  expect(sorted(groups.flatMap((group) => group.starters.elements))).toEqual(sorted(starters));
  const atAddresses = groups.flatMap(({ addresses }) => [...addresses.values()]);
  expect(sorted(atAddresses.flatMap((group) => group.holders.elements))).toEqual(sorted(holders));
  for (const group of groups) {
    for (const { agent } of [...group.holders.elements, ...group.starters.elements]) {
      expect(agent.network).toBe(group.network);
    }
    expect(sorted(group.fetchers.elements)).toEqual(
      sorted(
        members.filter(({ agent, wants }) => agent.network === group.network && wants && agent.mayUpload),
      ),
    );
  }
  expect(content.completeCount).toBe(members.filter(({ pieces }) => pieces.size === 8).length);
  expect(sorted(content.wanting.elements)).toEqual(sorted(members.filter(({ wants }) => wants)));
  const byPid = [...content.byPid('sp1')].flatMap(([network, group]) =>
    [...group].flatMap(([pid, { holders: held, starters: started }]) => [
      ...held.elements.map((member) => ({ network, pid, member, role: 'holder' })),
      ...started.elements.map((member) => ({ network, pid, member, role: 'starter' })),
    ]),
  );
  const expected = [...holders, ...starters].map((member) => ({
    network: member.agent.network,
    pid: member.agent.pids.get('sp1'),
    member,
    role: holders.includes(member) ? 'holder' : 'starter',
  }));
  const order = (one: { member: Member }, other: { member: Member }): number =>
    one.member.agent.key < other.member.agent.key ? -1 : 1;
  expect(byPid.sort(order)).toEqual(expected.sort(order));
  const listed = [...content.networksByIsp.values()].flatMap((ofIsp) => [...ofIsp]);
  expect(new Set(listed)).toEqual(new Set(groups));
}

describe('swarm', () => {
  it('keeps its indexes equal to a look at every member', () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 60 }), (steps) => {
        const swarm = createSwarm();
        for (let name = 0; name < 4; name += 1) {
          addAgent(swarm, { name, place: places[name]!, holding: { wants: true } });
        }
        for (const step of steps) {
          perform(swarm, step);
          for (const content of swarm.contents.values()) checkIndexes(content);
        }
        for (const agent of [...swarm.agents.keys()]) swarm.disconnect(agent);
        expect(swarm.contents.size).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('does not let an agent upload that repeats another permit, or none', () => {
    const swarm = createSwarm();
    const key = addAgent(swarm, { name: 1, place: places[0]!, readiness: { permitId: 'sp1/older' } });
    expect(swarm.agents.get(key)?.mayUpload).toBe(false);
    swarm.update(key, { readiness: readyUnder(permitFor(key, 'sp1')) });
    expect(swarm.agents.get(key)?.mayUpload).toBe(true);
  });

  it('refuses a bitfield of another length, a piece outside, and too many contents or agents', () => {
    const swarm = createSwarm({ maxAgents: 1, maxContentsPerAgent: 1 });
    const key = addAgent(swarm, { name: 1, place: places[0]! });
    const holding = { contentId: contentB, pieceCount: 8, pieces: 'all' as const, wants: true };
    expect(() => swarm.hold(key, { ...holding, contentId: contentA, pieces: new Uint8Array(2) })).toThrow(
      expect.objectContaining({ code: 'holding-malformed' }),
    );
    expect(() => swarm.have(key, contentA, [8])).toThrow(
      expect.objectContaining({ code: 'holding-malformed' }),
    );
    expect(() => swarm.hold(key, holding)).toThrow(expect.objectContaining({ code: 'too-many-contents' }));
    expect(() => swarm.connect({ key: keyOf(2), address: '127.0.0.2', place: null })).toThrow(
      expect.objectContaining({ code: 'coordinator-full' }),
    );
    expect(swarm.have(key, contentB, [1])).toBe(false);
  });

  it('tells of new uploaders and of other fetchers, and of nothing else', () => {
    const swarm = createSwarm();
    const told: string[] = [];
    swarm.onChange((_content, { agent }, change) =>
      told.push(`${agent.key} ${change.newUploader} ${change.fetchersChanged}`),
    );
    const key = addAgent(swarm, {
      name: 1,
      place: places[0]!,
      holding: { pieces: Uint8Array.of(0), wants: true },
    });
    expect(told).toEqual([`${key} true true`]);
    swarm.have(key, contentA, [3]);
    expect(told).toHaveLength(1);
    swarm.update(key, { slotsUsed: 4 });
    expect(told).toHaveLength(1);
    swarm.update(key, { slotsUsed: 3 });
    expect(told.at(-1)).toBe(`${key} true false`);
    swarm.disconnect(key);
    expect(told.at(-1)).toBe(`${key} false true`);
  });
});
