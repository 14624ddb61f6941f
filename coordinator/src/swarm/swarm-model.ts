import type { Readiness } from '@fairhop/shared/contract';
import type { AgentKey, ContentId, Permit } from '@fairhop/shared/model';
import type { IndexedSet } from './indexed-set.js';
import type { PieceSet } from './piece-set.js';

/** Agents that look alike to selection: same AS, ISP and country. Interned, so that it is compared by identity. */
export interface Network {
  readonly id: number;
  readonly asn: number;
  readonly isp: string | null;
  readonly country: string | null;
}

/** PIDs of an address in the ALTO maps of ISPs, by ISP. */
export type Pids = ReadonlyMap<string, string>;

/** What the coordinator knows of a connected agent. Only the swarm changes it. */
export interface SwarmAgent {
  readonly key: AgentKey;
  readonly address: string;
  /** Null outside every known prefix: served by edges alone. */
  readonly network: Network | null;
  readonly pids: Pids;
  readonly permit: Permit | null;
  readonly readiness: Readiness | null;
  readonly slotsUsed: number;
  /** Of these, for agents of other ISPs. */
  readonly offNetSlotsUsed: number;
  /** Bytes that may still be granted to it as an uploader this month, by its permit. */
  readonly quotaLeftBytes: number;
  /** Bad pieces that others reported of it. */
  readonly badReports: number;
  /** Served by edges alone, and never an uploader. */
  readonly isQuarantined: boolean;
  /** Network known, permit in force and repeated by the agent, ready, volume left, and not in quarantine. */
  readonly mayUpload: boolean;
  /** Categories that the permit covers; undefined: all. */
  readonly categories: ReadonlySet<string> | undefined;
  /** What one more transfer may expect of its uplink. */
  readonly rateBitsPerSecond: number;
  readonly members: ReadonlyMap<ContentId, Member>;
}

/** One agent in the swarm of one content. */
export interface Member {
  readonly agent: SwarmAgent;
  readonly content: ContentSwarm;
  readonly pieces: PieceSet;
  readonly wants: boolean;
}

/** Members at one place who could upload now: drawn from at random. */
export interface UploaderGroup {
  /** Who hold pieces. */
  readonly holders: IndexedSet<Member>;
  /** Who hold none yet but are fetching: they soon will. */
  readonly starters: IndexedSet<Member>;
}

/** The uploaders of one network. */
export interface NetworkGroup extends UploaderGroup {
  readonly network: Network;
  /** Who want the content and may upload it, with a free slot or without. */
  readonly fetchers: IndexedSet<Member>;
  /** By public address: households and offices. */
  readonly addresses: Map<string, UploaderGroup>;
}

export interface ContentSwarm {
  readonly contentId: ContentId;
  readonly pieceCount: number;
  readonly members: ReadonlyMap<AgentKey, Member>;
  readonly completeCount: number;
  /** Those in quarantine are left out: no peer is news to them. */
  readonly wanting: IndexedSet<Member>;
  readonly networks: ReadonlyMap<Network, NetworkGroup>;
  /** Grows when a network, or a PID in one, is added or forgotten. */
  readonly networksRevision: number;
  readonly networksByIsp: ReadonlyMap<string, ReadonlySet<NetworkGroup>>;
  /** The uploaders of each network by their PID in the ISP's map; by `undefined` those that it does not list. */
  byPid(isp: string): UploadersByPid;
}

export type UploadersByPid = ReadonlyMap<Network, ReadonlyMap<string | undefined, UploaderGroup>>;

export const hasFreeSlot = ({ readiness, slotsUsed }: SwarmAgent): boolean =>
  readiness !== null && slotsUsed < readiness.slots;
