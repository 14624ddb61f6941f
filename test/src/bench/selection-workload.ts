import {
  createPathKnowledge,
  createSeededRandom,
  createSwarm,
  type SeededRandom,
  type SelectionKnowledge,
  type SelectionRequest,
  type Swarm,
} from '@fairhop/coordinator';
import type { Permit } from '@fairhop/shared/model';
import { linkId } from '@fairhop/shared/model';
import { type AsLink, createAsPaths } from '@fairhop/shared/net';

const AGENTS = 100_000;
const SWARMS = 1_000;
const ASES = 300;
const TIER_ONE = 10;
const FIRST_ASN = 64_512;
const COUNTRIES = ['DE', 'ES', 'FR', 'GB', 'IT', 'NL', 'PL', 'PT', 'SE', 'US'];
/** A file of 1 GiB in pieces of 1 MiB. */
const PIECES = 1_024;
const FORBIDDEN_LINKS = 12;
const GIGABYTE = 1_000_000_000;

export interface Workload {
  readonly swarm: Swarm;
  readonly knowledge: SelectionKnowledge;
  readonly requests: readonly SelectionRequest[];
  readonly largestSwarm: number;
}

/** A live coordinator's state in one moment, the same for the same seed, and who asks it for sources. */
export function createWorkload(requestCount: number): Workload {
  const random = createSeededRandom('5eed5eed5eed5eed5eed5eed5eed5eed');
  const swarm = createSwarm();
  const links = createLinks(random);
  const contentOf = spreadOverSwarms();
  for (let index = 0; index < AGENTS; index += 1)
    addAgent(swarm, index, contentIdOf(contentOf[index]!), random);
  const paths = createAsPaths({ ases: [], links });
  const forbidden = new Set<string>();
  while (forbidden.size < FORBIDDEN_LINKS) {
    const { from, to } = links[random.below(links.length)]!;
    forbidden.add(linkId(from, to));
  }
  const requests = Array.from({ length: requestCount }, (): SelectionRequest => {
    const index = random.below(AGENTS);
    return {
      downloader: keyOf(index),
      contentId: contentIdOf(contentOf[index]!),
      category: 'video',
      peersAllowed: true,
      maxPeers: 24,
      exclude: new Set(Array.from({ length: random.below(9) }, () => keyOf(random.below(AGENTS)))),
    };
  });
  const largestSwarm = Math.max(...[...swarm.contents.values()].map(({ members }) => members.size));
  return { swarm, knowledge: createPathKnowledge(paths, forbidden), requests, largestSwarm };
}

const keyOf = (index: number): string => `agent-${index}`.padEnd(43, 'A');
const contentIdOf = (index: number): string => index.toString(16).padStart(64, '0');

/** The swarm of each agent: sizes after Zipf, the largest with 13 % of all agents. */
function spreadOverSwarms(): number[] {
  let harmonic = 0;
  for (let rank = 1; rank <= SWARMS; rank += 1) harmonic += 1 / rank;
  const contentOf: number[] = [];
  for (let rank = 1; rank <= SWARMS; rank += 1) {
    const size = Math.max(1, Math.round(AGENTS / harmonic / rank));
    for (let count = 0; count < size && contentOf.length < AGENTS; count += 1) contentOf.push(rank - 1);
  }
  while (contentOf.length < AGENTS) contentOf.push(contentOf.length % SWARMS);
  return contentOf;
}

/** Tier one in full mesh, the others customers of one or two larger ones, some peering among themselves. */
function createLinks(random: SeededRandom): AsLink[] {
  const links = new Map<string, AsLink>();
  const link = (from: number, to: number, relationship: AsLink['relationship']): void => {
    const pair = `${Math.min(from, to)} ${Math.max(from, to)}`;
    if (from !== to && !links.has(pair)) {
      links.set(pair, { from: FIRST_ASN + from, to: FIRST_ASN + to, relationship });
    }
  };
  for (let index = 0; index < ASES; index += 1) {
    if (index < TIER_ONE) for (let other = 0; other < index; other += 1) link(index, other, 'peer');
    else
      for (let count = 1 + random.below(2); count > 0; count -= 1)
        link(index, random.below(Math.min(index, 60)), 'customer-of');
  }
  for (let count = 0; count < ASES; count += 1) {
    link(TIER_ONE + random.below(ASES - TIER_ONE), TIER_ONE + random.below(ASES - TIER_ONE), 'peer');
  }
  return [...links.values()];
}

/** Six in ten may upload; three in ten hold everything, three nothing, the others some. */
function addAgent(swarm: Swarm, index: number, contentId: string, random: SeededRandom): void {
  const key = keyOf(index);
  // The smaller of two draws: a few large networks, many small ones.
  const as = Math.min(random.below(ASES), random.below(ASES));
  const isp = `isp${Math.floor((as * 2) / 3)}`;
  const address = `10.${as & 255}.${random.below(256)}.${random.below(256)}`;
  swarm.connect({
    key,
    address,
    place: { asn: FIRST_ASN + as, isp, country: COUNTRIES[as % COUNTRIES.length]! },
  });
  const kind = random.below(10);
  const bits = new Uint8Array(PIECES / 8);
  if (kind >= 3 && kind < 7) for (let byte = 0; byte < bits.length; byte += 1) bits[byte] = random.below(256);
  swarm.hold(key, { contentId, pieceCount: PIECES, pieces: kind < 3 ? 'all' : bits, wants: kind >= 3 });
  if (random.below(10) >= 6) return;
  const permit = permitOf(key, isp);
  swarm.update(key, {
    permit,
    readiness: {
      ready: true,
      reasons: [],
      permitId: permit.id,
      slots: 8,
      rateBitsPerSecond: 1_000_000 * (1 + random.below(50)),
      bytesLeft: 20 * GIGABYTE,
    },
    slotsUsed: random.below(9),
    offNetSlotsUsed: random.below(4),
  });
}

const permitOf = (agent: string, isp: string): Permit => ({
  id: `${isp}/uplinks`,
  isp,
  agent,
  source: 'agreement',
  terms: {
    networks: ['10.0.0.0/8'],
    validFromMs: 0,
    validUntilMs: 8_640_000_000_000_000,
    maxRateBitsPerSecond: 30_000_000,
  },
});
