import { linkId } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAgent, contentA, keyOf } from '../swarm/fixture.js';
import { createSwarm, type Swarm } from '../swarm/index.js';
import { paths, places, requestOf, seedOf, sp1, sp1Other, sp2, sp3, unlisted } from './fixture.js';
import { createPathKnowledge } from './knowledge.js';
import { createSeededRandom } from './seeded-random.js';
import { type SelectionRequest, selectSources } from './select-sources.js';

const openKnowledge = createPathKnowledge(paths, new Set());
const select = (swarm: Swarm, request: SelectionRequest, seed = 1, knowledge = openKnowledge) =>
  selectSources(swarm, request, knowledge, createSeededRandom(seedOf(seed)));
const keysOf = (selection: ReturnType<typeof select>): string[] =>
  selection.peers.map(({ member }) => member.agent.key);

const agentArbitrary = fc.record({
  place: fc.option(fc.constantFrom(...places), { freq: 8 }),
  address: fc.integer({ min: 1, max: 6 }),
  ready: fc.boolean(),
  repeatsPermit: fc.boolean(),
  categories: fc.option(fc.subarray(['video', 'software']), { nil: undefined }),
  slots: fc.nat(4),
  slotsUsed: fc.nat(4),
  offNetSlotsUsed: fc.nat(2),
  quota: fc.constantFrom(0, 1, 1_000_000),
  bits: fc.nat(255),
  wants: fc.boolean(),
  rate: fc.integer({ min: 1, max: 1_000 }),
});

describe('selectSources', () => {
  it('gives only sources that may deliver something wanted, cheapest first, each once', () => {
    const forbiddenArbitrary = fc.subarray([
      linkId(64502, 64501),
      linkId(64501, 64502),
      linkId(64503, 64502),
      linkId(64511, 64501),
    ]);
    fc.assert(
      fc.property(
        fc.array(agentArbitrary, { minLength: 1, maxLength: 40 }),
        forbiddenArbitrary,
        fc.integer({ min: 0, max: 16 }),
        fc.subarray(['PT', 'ES']),
        fc.nat(),
        (agents, forbidden, maxPeers, countries, seed) => {
          const swarm = createSwarm();
          agents.forEach((agent, index) => {
            addAgent(swarm, {
              name: index,
              place: agent.place,
              address: `127.0.1.${agent.address}`,
              terms: agent.categories ? { categories: agent.categories } : {},
              readiness: {
                ready: agent.ready,
                slots: agent.slots,
                rateBitsPerSecond: agent.rate,
                ...(agent.repeatsPermit ? {} : { permitId: 'another' }),
              },
              holding: { pieces: Uint8Array.of(agent.bits), wants: agent.wants },
            });
            const { slotsUsed, offNetSlotsUsed, quota } = agent;
            swarm.update(keyOf(index), { slotsUsed, offNetSlotsUsed, quotaLeftBytes: quota });
          });
          const exclude = new Set([keyOf(1)]);
          const peerCountries = countries.length === 0 ? undefined : new Set(countries);
          const request = requestOf(0, { maxPeers, exclude, peerCountries });
          const knowledge = createPathKnowledge(paths, new Set(forbidden));
          const { peers, draw, onNetFetchers } = select(swarm, request, seed, knowledge);
          const mine = agents[0]!;
          expect(peers.length).toBeLessThanOrEqual(maxPeers);
          expect(new Set(peers.map(({ member }) => member)).size).toBe(peers.length);
          expect(peers.map(({ costClass }) => costClass)).toEqual(
            peers.map(({ costClass }) => costClass).sort((one, other) => one - other),
          );
          for (const { member, onNet, costClass } of peers) {
            const index = [...swarm.agents.keys()].indexOf(member.agent.key);
            const agent = agents[index]!;
            expect(index).toBeGreaterThan(1);
            expect(agent.ready && agent.repeatsPermit && agent.quota > 0).toBe(true);
            expect(agent.slotsUsed).toBeLessThan(agent.slots);
            expect(agent.categories ?? ['video']).toContain('video');
            expect((agent.bits & ~mine.bits) !== 0 || agent.wants).toBe(true);
            expect(onNet).toBe(isOnNet(agent.place!, mine.place!));
            if (!onNet && agent.offNetSlotsUsed >= Math.ceil(agent.slots / 2)) {
              const { fetchers } = swarm.contents.get(contentA)!.networks.get(member.agent.network!)!;
              expect(fetchers.elements.filter((fetcher) => fetcher !== member)).toEqual([]);
            }
            if (peerCountries) expect(countries).toContain(agent.place!.country);
            expect(costClass === 0).toBe(agent.address === mine.address && agent.place === mine.place);
            const path = paths.path(agent.place!.asn, mine.place!.asn) ?? [];
            const crossed = path.slice(1).map((asn, hop) => linkId(path[hop]!, asn));
            expect(crossed.filter((link) => forbidden.includes(link))).toEqual([]);
          }
          if (mine.place === null || mine.bits === 255) expect(peers).toEqual([]);
          expect(new Set(draw.candidates.filter(({ granted }) => granted).map(({ agent }) => agent))).toEqual(
            new Set(peers.map(({ member }) => member.agent.key)),
          );
          for (const key of onNetFetchers) {
            const { agent, wants } = swarm.contents.get(contentA)!.members.get(key)!;
            expect(wants && agent.mayUpload && isOnNet(agent.network!, mine.place!)).toBe(true);
          }
          // Same swarm, same seed: the same draw.
          const again = select(swarm, request, seed, knowledge);
          expect(again.draw).toEqual(draw);
          expect(keysOf(again)).toEqual(peers.map(({ member }) => member.agent.key));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('gives nobody to agents outside every prefix, to titles without peers and to complete downloaders', () => {
    const swarm = createSwarm();
    for (let name = 1; name <= 5; name += 1) addAgent(swarm, { name, place: sp1, holding: { wants: true } });
    addAgent(swarm, { name: 'out', place: null });
    addAgent(swarm, { name: 'new', place: sp1, holding: { pieces: Uint8Array.of(0) } });
    expect(select(swarm, requestOf('out')).peers).toEqual([]);
    expect(select(swarm, requestOf('new', { peersAllowed: false }))).toMatchObject({
      peers: [],
      onNetFetchers: [],
    });
    expect(select(swarm, requestOf(1)).peers).toEqual([]);
    expect(select(swarm, requestOf('new')).peers).toHaveLength(5);
    expect(select(swarm, requestOf('new', { maxPeers: 0 })).peers).toEqual([]);
  });

  it('gives everyone of a small swarm that starts at once, on-net first', () => {
    const swarm = createSwarm();
    const starting = { pieces: Uint8Array.of(0), wants: true };
    for (let name = 0; name < 12; name += 1) {
      addAgent(swarm, {
        name,
        place: [sp1, sp2, sp3][name % 3]!,
        readiness: { slots: 16 },
        holding: starting,
      });
    }
    const selection = select(swarm, requestOf(0));
    expect(selection.peers).toHaveLength(11);
    expect(selection.peers.map(({ onNet }) => onNet)).toEqual([
      ...Array(3).fill(true),
      ...Array(8).fill(false),
    ]);
    expect(new Set(selection.onNetFetchers)).toEqual(new Set([0, 3, 6, 9].map(keyOf)));
  });

  it('keeps a quarter of the places for peers off-net, and fills what on-net leaves', () => {
    const swarm = createSwarm();
    for (let name = 0; name < 40; name += 1) addAgent(swarm, { name, place: name < 20 ? sp1 : sp2 });
    addAgent(swarm, { name: 'one', place: sp1, holding: { pieces: Uint8Array.of(0) } });
    addAgent(swarm, { name: 'three', place: sp3, holding: { pieces: Uint8Array.of(0) } });
    const onNet = select(swarm, requestOf('one')).peers.map((peer) => peer.onNet);
    expect(onNet).toEqual([...Array(9).fill(true), ...Array(3).fill(false)]);
    expect(select(swarm, requestOf('three')).peers.map((peer) => peer.onNet)).toEqual(Array(12).fill(false));
  });

  it('puts holders of wanted pieces before those that are only starting', () => {
    const swarm = createSwarm();
    const starting = { pieces: Uint8Array.of(0), wants: true };
    for (let name = 0; name < 20; name += 1) addAgent(swarm, { name, place: sp1, holding: starting });
    const holders = [20, 21].map((name) => addAgent(swarm, { name, place: sp1 }));
    const chosen = keysOf(select(swarm, requestOf(0, { maxPeers: 6 })));
    expect(new Set(chosen.slice(0, 2))).toEqual(new Set(holders));
    expect(chosen).toHaveLength(6);
  });

  it('prefers idle uplinks and those without bad data among two drawn for each place', () => {
    const swarm = createSwarm();
    addAgent(swarm, { name: 0, place: sp1, holding: { pieces: Uint8Array.of(0) } });
    const busy = [1, 2].map((name) => addAgent(swarm, { name, place: sp1 }));
    const bad = [3, 4].map((name) => addAgent(swarm, { name, place: sp1 }));
    const good = [5, 6, 7].map((name) => addAgent(swarm, { name, place: sp1 }));
    for (const key of busy) swarm.update(key, { slotsUsed: 3 });
    for (const key of bad) swarm.update(key, { badReports: 1 });
    const order = keysOf(select(swarm, requestOf(0)));
    expect(order).toHaveLength(7);
    expect([...order.slice(0, 3)].sort()).toEqual([...good].sort());
    expect([...order.slice(3, 5)].sort()).toEqual([...busy].sort());
  });

  it('draws everyone of a class about equally often', () => {
    const swarm = createSwarm();
    addAgent(swarm, { name: 0, place: sp1, holding: { pieces: Uint8Array.of(0) } });
    const counts = new Map<string, number>();
    for (let name = 1; name <= 200; name += 1) counts.set(addAgent(swarm, { name, place: sp2 }), 0);
    for (let seed = 1; seed <= 2_000; seed += 1) {
      for (const key of keysOf(select(swarm, requestOf(0, { maxPeers: 5 }), seed)))
        counts.set(key, counts.get(key)! + 1);
    }
    // 50 expected of each, with a deviation of 7.
    for (const count of counts.values()) expect(Math.abs(count - 50)).toBeLessThan(40);
  });

  it('names no fetchers where the asker can receive from none of them', () => {
    const swarm = createSwarm();
    const wanting = { pieces: Uint8Array.of(0), wants: true };
    addAgent(swarm, { name: 1, place: sp1, holding: wanting });
    expect(select(swarm, requestOf(1)).onNetFetchers).toEqual([]);
    addAgent(swarm, { name: 2, place: sp3, readiness: { ready: false }, holding: wanting });
    addAgent(swarm, { name: 3, place: sp3, readiness: { ready: false }, holding: wanting });
    expect(select(swarm, requestOf(2)).onNetFetchers).toEqual([]);
    addAgent(swarm, { name: 4, place: sp1Other, holding: wanting });
    expect([...select(swarm, requestOf(1)).onNetFetchers].sort()).toEqual([keyOf(1), keyOf(4)].sort());
    const closed = createPathKnowledge(paths, new Set([linkId(64511, 64501)]));
    expect(select(swarm, requestOf(1), 1, closed).onNetFetchers).toEqual([]);
    addAgent(swarm, { name: 5, place: unlisted, holding: wanting });
    expect(select(swarm, requestOf(5)).onNetFetchers).toEqual([]);
  });

  it('sees a network that joins after its classes were remembered', () => {
    const swarm = createSwarm();
    const knowledge = createPathKnowledge(paths, new Set());
    addAgent(swarm, { name: 0, place: sp1, holding: { pieces: Uint8Array.of(0) } });
    addAgent(swarm, { name: 1, place: sp2 });
    expect(keysOf(select(swarm, requestOf(0), 1, knowledge))).toEqual([keyOf(1)]);
    addAgent(swarm, { name: 2, place: sp3 });
    expect(keysOf(select(swarm, requestOf(0), 1, knowledge))).toEqual([keyOf(1), keyOf(2)]);
    swarm.disconnect(keyOf(1));
    expect(keysOf(select(swarm, requestOf(0), 1, knowledge))).toEqual([keyOf(2)]);
  });
});

function isOnNet(
  one: { isp: string | null; asn: number },
  other: { isp: string | null; asn: number },
): boolean {
  return one.isp === null ? one.asn === other.asn : one.isp === other.isp;
}
