import type { AgentKey, ContentId } from '@fairhop/shared/model';
import {
  type ContentSwarm,
  type Member,
  type Network,
  PieceSet,
  type Swarm,
  type SwarmAgent,
} from '../swarm/index.js';
import type { CostClass } from './cost-classes.js';
import type { SelectionKnowledge } from './knowledge.js';
import { costClass } from './path-costs.js';
import { drawSample } from './random-sample.js';
import type { SeededRandom } from './seeded-random.js';

export interface SelectionRequest {
  readonly downloader: AgentKey;
  readonly contentId: ContentId;
  /** Of the title: a permit may cover some categories only. */
  readonly category: string;
  readonly peersAllowed: boolean;
  /** Countries whose agents may deliver; undefined: everywhere. */
  readonly peerCountries?: ReadonlySet<string> | undefined;
  readonly maxPeers: number;
  readonly exclude: ReadonlySet<AgentKey>;
  /** Left out by what only its address tells. */
  readonly isLeftOut?: ((uploader: SwarmAgent) => boolean) | undefined;
}

export interface SelectedPeer {
  readonly member: Member;
  readonly costClass: number;
  readonly onNet: boolean;
}

interface Candidate {
  readonly agent: AgentKey;
  readonly costClass: number;
  readonly granted: boolean;
}

interface Selection {
  /** Cheapest first; within a class those that hold wanted pieces before those that soon will. */
  readonly peers: readonly SelectedPeer[];
  /** Who was drawn by lot, in the order drawn, and who of them was taken. */
  readonly draw: { readonly candidates: readonly Candidate[]; readonly seed: string };
  /** On-net agents that want the content and may upload it, the asker included; empty when it can receive from none. */
  readonly onNetFetchers: readonly AgentKey[];
}

/** Agents among whom the fetcher of a piece is named: more would only be strangers to each other. */
const MAX_FETCHERS = 128;
/** Two drawn by lot for each place, the less loaded one taken ("power of two choices", Mitzenmacher 2001). */
const CHOICES = 2;
/** One place in four is kept for peers off-net, so that an island without a piece has someone to bring it in. */
const OFF_NET_SHARE = 4;

/**
 * Sources of a content for one downloader, in the order of cost, drawn by lot within a cost class. Pure: the same swarm,
 * request, knowledge and seed give the same answer. Its time does not grow with the swarm.
 */
export function selectSources(
  swarm: Swarm,
  request: SelectionRequest,
  knowledge: SelectionKnowledge,
  random: SeededRandom,
): Selection {
  const nobody: Selection = { peers: [], draw: { candidates: [], seed: random.seed }, onNetFetchers: [] };
  const content = swarm.contents.get(request.contentId);
  const downloader = swarm.agents.get(request.downloader);
  if (!content || !downloader || !isPlaced(downloader) || !request.peersAllowed) return nobody;

  const classes = classesFor(content, downloader, request, knowledge);
  const lot = createLot(content, downloader, request, random);
  const onNetClasses = classes.filter((entry) => entry.onNet);
  const offNetClasses = classes.filter((entry) => !entry.onNet);
  const onNet = lot.take(onNetClasses, request.maxPeers);
  const reserved = Math.floor(request.maxPeers / OFF_NET_SHARE);
  const offNet = lot.take(offNetClasses, Math.max(reserved, request.maxPeers - onNet.length));
  const peers = [...onNet.slice(0, request.maxPeers - offNet.length), ...offNet];
  const taken = new Set(peers.map(({ member }) => member));
  return {
    peers: peers.sort((one, other) => one.costClass - other.costClass),
    draw: {
      candidates: lot.drawn.map(({ member, cost }) => ({
        agent: member.agent.key,
        costClass: cost,
        granted: taken.has(member),
      })),
      seed: random.seed,
    },
    onNetFetchers: fetchersFor(content, downloader, request, knowledge),
  };
}

type PlacedAgent = SwarmAgent & { readonly network: Network };

const isPlaced = (agent: SwarmAgent): agent is PlacedAgent => agent.network !== null;

const covers = ({ categories }: SwarmAgent, category: string): boolean =>
  categories === undefined || categories.has(category);

/**
 * While others of its own network want the content, half of an agent's slots are for them: else who came first from afar would
 * leave none, and content would enter the ISP more than once.
 */
function hasSlotOffNet({ agent, content, wants }: Member): boolean {
  if (agent.offNetSlotsUsed < Math.ceil((agent.readiness?.slots ?? 0) / 2)) return true;
  const fetchers = agent.network === null ? 0 : (content.networks.get(agent.network)?.fetchers.size ?? 0);
  return fetchers <= (wants ? 1 : 0);
}

const isAllowed = ({ country }: Network, countries: ReadonlySet<string> | undefined): boolean =>
  !countries || (country !== null && countries.has(country));

function classesFor(
  content: ContentSwarm,
  downloader: PlacedAgent,
  { peerCountries }: SelectionRequest,
  knowledge: SelectionKnowledge,
): readonly CostClass[] {
  const { network, address } = downloader;
  const byNetwork = peerCountries
    ? knowledge.classesWithin(content, downloader, (source) => isAllowed(source, peerCountries))
    : knowledge.classesOf(content, downloader);
  const isOpen = knowledge.costOf(network, network) !== undefined;
  const group =
    isOpen && isAllowed(network, peerCountries)
      ? content.networks.get(network)?.addresses.get(address)
      : undefined;
  if (!group) return byNetwork;
  const { holders, starters } = group;
  return [
    { cost: costClass.sameAddress, onNet: true, holders: [holders], starters: [starters] },
    ...byNetwork,
  ];
}

interface Lot {
  readonly drawn: { readonly member: Member; readonly cost: number }[];
  /** Draws up to `limit` peers: holders of wanted pieces of all classes, then those that are starting. */
  take(classes: readonly CostClass[], limit: number): SelectedPeer[];
}

function createLot(
  content: ContentSwarm,
  downloader: PlacedAgent,
  { downloader: ownKey, category, exclude, isLeftOut }: SelectionRequest,
  random: SeededRandom,
): Lot {
  const drawn: Lot['drawn'] = [];
  const mine: PieceSet = content.members.get(ownKey)?.pieces ?? new PieceSet(content.pieceCount, NO_PIECES);
  const isComplete = mine.size === content.pieceCount;
  const isCandidate = (member: Member, { cost, onNet }: CostClass): boolean => {
    const { agent } = member;
    return (
      agent !== downloader &&
      (onNet || hasSlotOffNet(member)) &&
      !exclude.has(agent.key) &&
      covers(agent, category) &&
      isLeftOut?.(agent) !== true &&
      // At the downloader's own address they are in a class of their own.
      (cost === costClass.sameAddress ||
        agent.address !== downloader.address ||
        agent.network !== downloader.network)
    );
  };
  const pick = (entry: CostClass, members: Member[], limit: number): SelectedPeer[] => {
    for (const member of members) drawn.push({ member, cost: entry.cost });
    return members
      .sort(byExpectation)
      .slice(0, limit)
      .map((member) => ({ member, costClass: entry.cost, onNet: entry.onNet }));
  };
  return {
    drawn,
    take(classes, limit) {
      const peers: SelectedPeer[] = [];
      if (isComplete) return peers;
      /** They hold nothing that is wanted yet, but are fetching. */
      const later = new Map<CostClass, Member[]>();
      for (const entry of classes) {
        const left = limit - peers.length;
        if (left <= 0) return peers;
        const waiting: Member[] = [];
        const accept = (member: Member): boolean => {
          if (!isCandidate(member, entry)) return false;
          if (member.pieces.offersTo(mine)) return true;
          if (member.wants && waiting.length < left) waiting.push(member);
          return false;
        };
        peers.push(...pick(entry, drawSample(entry.holders, left * CHOICES, accept, random), left));
        if (waiting.length > 0) later.set(entry, waiting);
      }
      for (const entry of classes) {
        const left = limit - peers.length;
        if (left <= 0) break;
        const isStarting = (member: Member): boolean => isCandidate(member, entry);
        const starting = drawSample(entry.starters, left * CHOICES, isStarting, random);
        peers.push(...pick(entry, [...(later.get(entry) ?? []), ...starting], left));
      }
      return peers;
    },
  };
}

const NO_PIECES = new Uint8Array();

/** Fewer bad pieces first, then what one more transfer may expect of the uplink. */
const byExpectation = ({ agent: one }: Member, { agent: other }: Member): number =>
  one.badReports - other.badReports || other.rateBitsPerSecond - one.rateBitsPerSecond;

function fetchersFor(
  content: ContentSwarm,
  { key: ownKey, network }: PlacedAgent,
  { category, peerCountries }: SelectionRequest,
  knowledge: SelectionKnowledge,
): AgentKey[] {
  const fetchers: AgentKey[] = [];
  if (network.isp === null) return fetchers;
  for (const group of content.networksByIsp.get(network.isp) ?? []) {
    if (!isAllowed(group.network, peerCountries)) continue;
    if (knowledge.costOf(group.network, network) === undefined) continue;
    for (const { agent } of group.fetchers.elements) {
      if (fetchers.length >= MAX_FETCHERS) break;
      if (covers(agent, category)) fetchers.push(agent.key);
    }
  }
  return fetchers.every((key) => key === ownKey) ? [] : fetchers;
}
