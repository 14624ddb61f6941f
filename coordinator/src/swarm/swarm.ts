import type { Readiness } from '@fairhop/shared/contract';
import { type AgentKey, type ContentId, FairhopError, type Permit } from '@fairhop/shared/model';
import { createContentSwarm, type MemberChange, type MutableContentSwarm } from './content-swarm.js';
import { createNetworks } from './networks.js';
import { PieceSet } from './piece-set.js';
import {
  type ContentSwarm,
  hasFreeSlot,
  type Member,
  type Network,
  type Pids,
  type SwarmAgent,
} from './swarm-model.js';

interface SwarmLimits {
  /** A session each; an agent takes about 1 KiB and 100 bytes a content. */
  readonly maxAgents: number;
  /** Contents that one agent may tell of: a seeder of 20 GB keeps fewer. */
  readonly maxContentsPerAgent: number;
}

const defaultSwarmLimits: SwarmLimits = { maxAgents: 200_000, maxContentsPerAgent: 1024 };

interface NewAgent {
  readonly key: AgentKey;
  readonly address: string;
  readonly place: Omit<Network, 'id'> | null;
  readonly pids?: Pids;
}

/** Parts of an agent's state that change while it is connected. */
interface AgentUpdate {
  readonly permit?: Permit | null;
  readonly readiness?: Readiness | null;
  readonly slotsUsed?: number;
  readonly offNetSlotsUsed?: number;
  readonly quotaLeftBytes?: number;
  readonly badReports?: number;
  readonly isQuarantined?: boolean;
}

/** What an agent tells of a content. */
export interface Holding {
  readonly contentId: ContentId;
  readonly pieceCount: number;
  readonly pieces: 'all' | Uint8Array;
  readonly wants: boolean;
}

/** Called after every change that gives others new uploaders or another set of fetchers. */
type SwarmListener = (content: ContentSwarm, member: Member, change: MemberChange) => void;

/** Soft state: who is connected, what they hold, who may upload. Agents that reconnect rebuild it. */
export interface Swarm {
  readonly agents: ReadonlyMap<AgentKey, SwarmAgent>;
  readonly contents: ReadonlyMap<ContentId, ContentSwarm>;
  /** Throws `coordinator-full`. An agent of the same key is removed first. */
  connect(agent: NewAgent): SwarmAgent;
  disconnect(key: AgentKey): void;
  /** ISPs' maps give other PIDs to its address now. */
  replacePids(key: AgentKey, pids: Pids): void;
  update(key: AgentKey, update: AgentUpdate): void;
  /** Replaces what the agent said before. Throws `too-many-contents`, `holding-malformed`. */
  hold(key: AgentKey, holding: Holding): void;
  /** False when the agent never told of this content with `hold`. Throws `holding-malformed`. */
  have(key: AgentKey, contentId: ContentId, pieces: readonly number[]): boolean;
  leave(key: AgentKey, contentId: ContentId): void;
  onChange(listener: SwarmListener): () => void;
}

interface AgentState extends SwarmAgent {
  pids: Pids;
  permit: Permit | null;
  readiness: Readiness | null;
  slotsUsed: number;
  offNetSlotsUsed: number;
  quotaLeftBytes: number;
  badReports: number;
  isQuarantined: boolean;
  mayUpload: boolean;
  categories: ReadonlySet<string> | undefined;
  rateBitsPerSecond: number;
  readonly members: Map<ContentId, MemberState>;
}

interface MemberState extends Member {
  readonly content: MutableContentSwarm;
  pieces: PieceSet;
  wants: boolean;
}

const NO_PIDS: Pids = new Map();

export function createSwarm(limits: SwarmLimits = defaultSwarmLimits): Swarm {
  const agents = new Map<AgentKey, AgentState>();
  const contents = new Map<ContentId, MutableContentSwarm>();
  const networks = createNetworks();
  const listeners = new Set<SwarmListener>();

  const notify = (member: MemberState, change: MemberChange): void => {
    if (!change.newUploader && !change.fetchersChanged) return;
    for (const listener of listeners) listener(member.content, member, change);
  };

  const reindex = (agent: AgentState): void => {
    for (const member of agent.members.values()) notify(member, member.content.index(member));
  };

  const leave = (agent: AgentState, contentId: ContentId): void => {
    const member = agent.members.get(contentId);
    if (!member) return;
    agent.members.delete(contentId);
    const change = member.content.remove(member);
    if (member.content.members.size === 0) contents.delete(contentId);
    notify(member, change);
  };

  const disconnect = (key: AgentKey): void => {
    const agent = agents.get(key);
    if (!agent) return;
    for (const contentId of [...agent.members.keys()]) leave(agent, contentId);
    agents.delete(key);
    if (agent.network) networks.release(agent.network);
  };

  const joined = (agent: AgentState, { contentId, pieceCount }: Holding): MemberState => {
    const known = agent.members.get(contentId);
    if (known) return known;
    if (agent.members.size >= limits.maxContentsPerAgent) {
      throw new FairhopError(
        'too-many-contents',
        `An agent may tell of ${limits.maxContentsPerAgent} contents; leave one before content ${contentId}`,
      );
    }
    const content = contents.get(contentId) ?? createContentSwarm(contentId, pieceCount);
    contents.set(contentId, content);
    const member = { agent, content, pieces: new PieceSet(pieceCount, new Uint8Array()), wants: false };
    agent.members.set(contentId, member);
    return member;
  };

  return {
    agents,
    contents,
    connect({ key, address, place, pids = NO_PIDS }) {
      disconnect(key);
      if (agents.size >= limits.maxAgents) {
        throw new FairhopError(
          'coordinator-full',
          `This coordinator serves ${limits.maxAgents} agents; try later`,
        );
      }
      const agent: AgentState = {
        key,
        address,
        network: place && networks.acquire(place),
        pids,
        permit: null,
        readiness: null,
        slotsUsed: 0,
        offNetSlotsUsed: 0,
        quotaLeftBytes: Number.MAX_SAFE_INTEGER,
        badReports: 0,
        isQuarantined: false,
        mayUpload: false,
        categories: undefined,
        rateBitsPerSecond: 0,
        members: new Map(),
      };
      agents.set(key, agent);
      return agent;
    },
    disconnect,
    replacePids(key, pids) {
      const agent = agents.get(key);
      if (!agent || isSame(agent.pids, pids)) return;
      agent.pids = pids;
      for (const member of agent.members.values()) member.content.index(member);
    },
    update(key, update) {
      const agent = agents.get(key);
      if (!agent) return;
      const before = agent.mayUpload && hasFreeSlot(agent);
      const { mayUpload: couldUpload, isQuarantined: wasQuarantined } = agent;
      Object.assign(agent, update);
      derive(agent);
      // Rates and reports change no index, and a seeder may be in a thousand of them.
      const isAsBefore =
        couldUpload === agent.mayUpload &&
        before === (agent.mayUpload && hasFreeSlot(agent)) &&
        wasQuarantined === agent.isQuarantined;
      if (!isAsBefore) reindex(agent);
    },
    hold(key, holding) {
      const agent = agents.get(key);
      if (!agent) return;
      checkBitfield(holding);
      const member = joined(agent, holding);
      member.pieces = new PieceSet(member.content.pieceCount, holding.pieces);
      member.wants = holding.wants;
      notify(member, member.content.index(member));
    },
    have(key, contentId, pieces) {
      const member = agents.get(key)?.members.get(contentId);
      if (!member) return false;
      const { pieceCount } = member.content;
      const outside = pieces.find((piece) => piece >= pieceCount);
      if (outside !== undefined) {
        throw malformed(contentId, `has ${pieceCount} pieces, there is no piece ${outside}`);
      }
      if (member.pieces.add(pieces) > 0) notify(member, member.content.index(member));
      return true;
    },
    leave(key, contentId) {
      const agent = agents.get(key);
      if (agent) leave(agent, contentId);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const isSame = (one: Pids, other: Pids): boolean =>
  one.size === other.size && [...one].every(([isp, pid]) => other.get(isp) === pid);

function derive(agent: AgentState): void {
  const { permit, readiness, network } = agent;
  const repeatsPermit = permit !== null && readiness?.permitId === permit.id;
  agent.mayUpload =
    network !== null &&
    !agent.isQuarantined &&
    repeatsPermit &&
    readiness.ready &&
    readiness.bytesLeft > 0 &&
    agent.quotaLeftBytes > 0;
  agent.categories = permit?.terms.categories && new Set(permit.terms.categories);
  const rate = Math.min(
    readiness?.rateBitsPerSecond ?? 0,
    permit?.terms.maxRateBitsPerSecond ?? Number.POSITIVE_INFINITY,
  );
  agent.rateBitsPerSecond = rate / (agent.slotsUsed + 1);
}

function checkBitfield({ contentId, pieceCount, pieces }: Holding): void {
  if (pieces === 'all') return;
  const expected = Math.ceil(pieceCount / 8);
  if (pieces.length === expected) return;
  throw malformed(
    contentId,
    `has ${pieceCount} pieces: its bitfield has ${expected} bytes, not ${pieces.length}`,
  );
}

const malformed = (contentId: ContentId, what: string): FairhopError =>
  new FairhopError('holding-malformed', `Content ${contentId} ${what}`);
