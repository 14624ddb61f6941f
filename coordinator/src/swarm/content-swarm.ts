import type { AgentKey, ContentId } from '@fairhop/shared/model';
import { IndexedSet } from './indexed-set.js';
import { createPidIndex, type PidIndex } from './pid-index.js';
import {
  type ContentSwarm,
  hasFreeSlot,
  type Member,
  type Network,
  type NetworkGroup,
  type UploaderGroup,
} from './swarm-model.js';
import { createGroup, isEmpty, type Role } from './uploader-group.js';

/** What changed for others by a member's coming, going or changing. */
export interface MemberChange {
  /** It can be drawn as an uploader now, and could not before. */
  readonly newUploader: boolean;
  readonly fetchersChanged: boolean;
}

export interface MutableContentSwarm extends ContentSwarm {
  /** Puts the member where its agent's and its own state say it belongs. */
  index(member: Member): MemberChange;
  remove(member: Member): MemberChange;
}

/** The members of one content, indexed by where and what they are. */
export function createContentSwarm(contentId: ContentId, pieceCount: number): MutableContentSwarm {
  const members = new Map<AgentKey, Member>();
  const complete = new Set<Member>();
  const wanting = new IndexedSet<Member>();
  const networks = new Map<Network, NetworkGroup>();
  const networksByIsp = new Map<string, Set<NetworkGroup>>();
  /** Made when first asked for; at most one for each ISP that gave a map. */
  const pidIndexes = new Map<string, PidIndex>();
  let networksRevision = 0;

  const networkGroup = (network: Network): NetworkGroup => {
    const known = networks.get(network);
    if (known) return known;
    const group = {
      ...createGroup(),
      network,
      fetchers: new IndexedSet<Member>(),
      addresses: new Map<string, UploaderGroup>(),
    };
    networks.set(network, group);
    networksRevision += 1;
    if (network.isp !== null) {
      const ofIsp = networksByIsp.get(network.isp) ?? new Set();
      networksByIsp.set(network.isp, ofIsp.add(group));
    }
    return group;
  };

  const setRole = (member: Member, role: Role): boolean => {
    const { network, address } = member.agent;
    if (network === null) return false;
    for (const index of pidIndexes.values()) if (index.set(member, role)) networksRevision += 1;
    if (role === undefined) {
      const atNetwork = networks.get(network);
      for (const group of [atNetwork, atNetwork?.addresses.get(address)]) {
        group?.holders.delete(member);
        group?.starters.delete(member);
      }
      return false;
    }
    const atNetwork = networkGroup(network);
    const atAddress = atNetwork.addresses.get(address) ?? createGroup();
    atNetwork.addresses.set(address, atAddress);
    const [into, outOf] =
      role === 'holder' ? (['holders', 'starters'] as const) : (['starters', 'holders'] as const);
    const wasThere = atNetwork[outOf].delete(member);
    atAddress[outOf].delete(member);
    atAddress[into].add(member);
    return atNetwork[into].add(member) && !wasThere;
  };

  const setFetcher = (member: Member, isFetcher: boolean): boolean => {
    const { network } = member.agent;
    if (network === null) return false;
    if (isFetcher) return networkGroup(network).fetchers.add(member);
    return networks.get(network)?.fetchers.delete(member) ?? false;
  };

  /** Places that nobody is at any more are forgotten, so that indexes never outgrow the swarm. */
  const forgetEmpty = ({ agent: { network, address } }: Member): void => {
    const atNetwork = network === null ? undefined : networks.get(network);
    const atAddress = atNetwork?.addresses.get(address);
    if (atAddress && isEmpty(atAddress)) atNetwork?.addresses.delete(address);
    if (network === null || !atNetwork || !isEmpty(atNetwork) || atNetwork.fetchers.size > 0) return;
    networks.delete(network);
    networksRevision += 1;
    const ofIsp = network.isp === null ? undefined : networksByIsp.get(network.isp);
    ofIsp?.delete(atNetwork);
    if (network.isp !== null && ofIsp?.size === 0) networksByIsp.delete(network.isp);
  };

  return {
    contentId,
    pieceCount,
    members,
    wanting,
    networks,
    networksByIsp,
    byPid(isp) {
      const known = pidIndexes.get(isp);
      if (known) return known.groups;
      const index = createPidIndex(isp);
      for (const member of members.values()) index.set(member, roleOf(member));
      pidIndexes.set(isp, index);
      return index.groups;
    },
    get networksRevision() {
      return networksRevision;
    },
    get completeCount() {
      return complete.size;
    },
    index(member) {
      members.set(member.agent.key, member);
      if (member.pieces.size === pieceCount) complete.add(member);
      else complete.delete(member);
      if (member.wants && !member.agent.isQuarantined) wanting.add(member);
      else wanting.delete(member);
      const newUploader = setRole(member, roleOf(member));
      const fetchersChanged = setFetcher(member, member.wants && member.agent.mayUpload);
      forgetEmpty(member);
      return { newUploader, fetchersChanged };
    },
    remove(member) {
      members.delete(member.agent.key);
      complete.delete(member);
      wanting.delete(member);
      setRole(member, undefined);
      const fetchersChanged = setFetcher(member, false);
      forgetEmpty(member);
      return { newUploader: false, fetchersChanged };
    },
  };
}

function roleOf({ agent, pieces, wants }: Member): Role {
  if (!agent.mayUpload || !hasFreeSlot(agent)) return undefined;
  if (pieces.size > 0) return 'holder';
  return wants ? 'starter' : undefined;
}
