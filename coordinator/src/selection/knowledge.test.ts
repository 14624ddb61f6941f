import { linkId } from '@fairhop/shared/model';
import { createAltoMap } from '@fairhop/shared/net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addAgent, contentA, keyOf } from '../swarm/fixture.js';
import { createSwarm, type Swarm, type SwarmAgent } from '../swarm/index.js';
import {
  altoMapsOf,
  paths,
  places,
  requestOf,
  seedOf,
  sp1,
  sp1Other,
  sp2,
  sp3,
  unlisted,
} from './fixture.js';
import { createPathKnowledge, type SelectionKnowledge } from './knowledge.js';
import { costClass, isOnNet } from './path-costs.js';
import { createSeededRandom } from './seeded-random.js';
import { selectSources } from './select-sources.js';

const pids = ['north', 'south', 'far', 'silent'] as const;
type Pid = (typeof pids)[number];
const given: Record<string, Record<string, number>> = {
  north: { north: 7 },
  south: { north: 9.5 },
  far: { north: 1, south: 2 },
};
const altoMaps = new Map([['sp1', createAltoMap(altoMapsOf(pids, given))]]);
// Of one swarm each: networks are known by their ids there.
const byHops = () => createPathKnowledge(paths, new Set());
const byAlto = () => createPathKnowledge(paths, new Set(), altoMaps);

interface Source {
  readonly place: (typeof places)[number];
  readonly pid?: Pid | undefined;
}
const pidsOf = (pid: Pid | undefined) => new Map(pid === undefined ? [] : [['sp1', pid]]);

/** A downloader, and one source of each kind. */
function swarmOf(downloader: Source, sources: readonly Source[]): Swarm {
  const swarm = createSwarm();
  [downloader, ...sources].forEach(({ place, pid }, name) => {
    addAgent(swarm, { name, place, holding: name === 0 ? { pieces: Uint8Array.of(0) } : {} });
    swarm.replacePids(keyOf(name), pidsOf(pid));
  });
  return swarm;
}

/** Cost class and basis of each source. */
function costsOf(swarm: Swarm, knowledge: SelectionKnowledge) {
  const downloader = swarm.agents.get(keyOf(0))!;
  const classes = new Map<SwarmAgent, number>();
  for (const { cost, holders } of knowledge.classesOf(swarm.contents.get(contentA)!, downloader)) {
    for (const { elements } of holders) for (const { agent } of elements) classes.set(agent, cost);
  }
  const sources = [...swarm.agents.values()].filter((agent) => agent !== downloader);
  return sources.map((agent) => ({
    cost: classes.get(agent),
    basis: knowledge.basisOf(agent, downloader),
  }));
}

describe('the ALTO map of the downloader’s ISP', () => {
  it('goes before AS hops, but off-net never before on-net', () => {
    const sources: Source[] = [
      { place: sp1Other, pid: 'north' },
      { place: sp1, pid: 'south' },
      { place: sp1, pid: 'silent' },
      { place: sp1Other },
      { place: sp3, pid: 'far' },
      { place: sp2, pid: 'silent' },
      { place: sp3 },
      { place: unlisted },
    ];
    expect(costsOf(swarmOf({ place: sp1, pid: 'north' }, sources), byAlto())).toEqual([
      { cost: costClass.onNetByAlto + 1, basis: 'alto' },
      { cost: costClass.onNetByAlto + 2, basis: 'alto' },
      { cost: costClass.onNetWithoutAlto + costClass.sameAsAndPlace, basis: 'on-net' },
      { cost: costClass.onNetWithoutAlto + costClass.sameIsp, basis: 'on-net' },
      { cost: costClass.offNetByAlto, basis: 'alto' },
      { cost: costClass.offNetWithoutAlto + costClass.adjacentInCountry, basis: 'inferred' },
      { cost: costClass.offNetWithoutAlto + costClass.oneHop + 1, basis: 'inferred' },
      { cost: costClass.offNetWithoutAlto + costClass.unknownPath, basis: 'unknown' },
    ]);
  });

  it.each([
    ['of another ISP', { place: sp2, pid: 'north' }],
    ['that it does not list', { place: sp1 }],
    ['of no known ISP', { place: unlisted, pid: 'north' }],
  ] as const)('does not count for a downloader %s', (_who, downloader) => {
    const sources = pids.map((pid) => ({ place: sp1, pid }));
    const swarm = swarmOf(downloader, sources);
    expect(costsOf(swarm, byAlto())).toEqual(costsOf(swarm, byHops()));
  });

  it('opens no forbidden link, and is asked within allowed countries only', () => {
    const swarm = swarmOf({ place: sp1, pid: 'north' }, [
      { place: sp3, pid: 'far' },
      { place: sp1Other, pid: 'south' },
    ]);
    const closed = createPathKnowledge(paths, new Set([linkId(64502, 64501)]), altoMaps);
    expect(costsOf(swarm, closed).map(({ cost }) => cost)).toEqual([undefined, costClass.onNetByAlto + 2]);
    const select = (country: string) =>
      selectSources(
        swarm,
        requestOf(0, { peerCountries: new Set([country]) }),
        byAlto(),
        createSeededRandom(seedOf(1)),
      ).peers.map((peer) => peer.costClass);
    expect(select('PT')).toEqual([costClass.onNetByAlto + 2, costClass.offNetByAlto]);
    expect(select('ES')).toEqual([]);
  });

  it('orders any sources: on-net, then those it knows, then its cost, then AS hops; before and after PIDs change', () => {
    const sourceArbitrary = fc.record({
      place: fc.constantFrom(...places),
      pid: fc.option(fc.constantFrom(...pids), { nil: undefined }),
    });
    const check = (swarm: Swarm, alto: SelectionKnowledge): void => {
      const to = swarm.agents.get(keyOf(0))!;
      const hops = costsOf(swarm, byHops());
      const costs = costsOf(swarm, alto);
      const keys = [...swarm.agents.values()].slice(1).map((agent, index): number[] => {
        const cost = given[agent.pids.get('sp1') ?? '']?.['north'];
        return [
          isOnNet(agent.network!, to.network!) ? 0 : 1,
          cost === undefined ? 1 : 0,
          cost ?? hops[index]!.cost!,
        ];
      });
      for (const [one, left] of keys.entries()) {
        for (const [other, right] of keys.entries()) {
          const difference = left.map((part, index) => part - right[index]!).find((part) => part !== 0);
          expect(Math.sign(costs[one]!.cost! - costs[other]!.cost!)).toBe(Math.sign(difference ?? 0));
        }
      }
    };
    fc.assert(
      fc.property(
        fc.array(sourceArbitrary, { maxLength: 12 }),
        fc.array(fc.option(fc.constantFrom(...pids), { nil: undefined }), { minLength: 12, maxLength: 12 }),
        (sources, later) => {
          const swarm = swarmOf({ place: sp1, pid: 'north' }, sources);
          // What it remembers has to follow the swarm.
          const alto = byAlto();
          check(swarm, alto);
          sources.forEach((_source, index) => {
            swarm.replacePids(keyOf(index + 1), pidsOf(later[index]));
          });
          check(swarm, alto);
        },
      ),
    );
  });
});
