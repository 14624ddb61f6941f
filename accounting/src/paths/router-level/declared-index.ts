import {
  type Asn,
  type BoundedCache,
  createBoundedCache,
  internalLinkId,
  routerId,
  switchId,
  type Topology,
} from '@fairhop/shared/model';
import {
  canonicalAddress,
  createPrefixTable,
  formatPrefix,
  NetError,
  parsePrefix,
} from '@fairhop/shared/net';
import type { DeclaredNetwork } from '../knowledge.js';
import type { Edge, Tree } from './shortest-path.js';

interface DeclaredNode {
  readonly name: string;
  readonly component: string;
  readonly asn: Asn;
  readonly place: string | undefined;
}

export interface DeclaredPeering {
  readonly name: string;
  readonly node: number;
  readonly nearAddress: string | undefined;
  readonly farAddress: string | undefined;
  readonly exchange: string | undefined;
}

/** An internal link from a node of one AS of the ISP to a node of another. */
interface InternalLink {
  readonly from: number;
  readonly to: number;
  readonly metric: number;
  readonly component: string;
}

/** Shortest ways inside one AS of a way, and over which link each way came in where it came from another of the ISP's ASes. */
export interface Stage {
  readonly key: string;
  readonly tree: Tree;
  readonly cameBy: ReadonlyMap<number, { readonly component: string; readonly from: number }>;
}

interface Attachment {
  readonly prefix: string;
  readonly node: number;
}

/** A declaration made ready for lookups. Nodes are numbered in the order of their names. */
export interface DeclaredIndex {
  readonly isp: string;
  readonly nodes: readonly DeclaredNode[];
  /** Between nodes of one AS. */
  readonly edges: readonly (readonly Edge[])[];
  readonly declaresPeerings: boolean;
  nodeNamed(name: string): number | undefined;
  nodeOfAddress(address: string): number | undefined;
  /** Whether only a peering link says so: the neighbour may have lent the address. */
  isLinkAddress(address: string): boolean;
  /** The neighbour whose end of a peering link has the address. */
  neighbourOfAddress(address: string): Asn | undefined;
  peerings(from: Asn, to: Asn): readonly DeclaredPeering[];
  /** Between two ASes of the ISP. */
  internalLinks(from: Asn, to: Asn): readonly InternalLink[];
  attachmentOf(address: string): Attachment | undefined;
  hasNodesOf(asn: Asn): boolean;
  /** By the ASes that may be crossed and the node where the way begins. */
  readonly trees: BoundedCache<string, Stage>;
}

/** Numbers in the trees of one network; at 13 bytes each this bounds them at 26 MB. */
const maximumTreeNodes = 2_000_000;

const indexes = new WeakMap<DeclaredNetwork, DeclaredIndex>();

export function indexOf(network: DeclaredNetwork): DeclaredIndex {
  const known = indexes.get(network);
  if (known !== undefined) return known;
  const index = createIndex(network);
  indexes.set(network, index);
  return index;
}

export const pairKey = (from: Asn, to: Asn): string => `${from}>${to}`;

function createIndex({ isp, asns, topology }: DeclaredNetwork): DeclaredIndex {
  // A declaration counts for nothing about networks that are not the ISP's own.
  const declared = topology.nodes
    .filter(({ asn }) => asns.includes(asn))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const nodes = declared.map(({ name, kind, asn, place }) => ({
    name,
    component: kind === 'switch' ? switchId(name) : routerId(name),
    asn,
    place,
  }));
  const byName = new Map(nodes.map(({ name }, index) => [name.toLowerCase(), index]));
  const nodeNamed = (name: string) => byName.get(name.toLowerCase());
  const { peerings, neighbours } = indexPeerings(topology, nodes, nodeNamed);
  const { edges, internalLinks } = indexLinks(topology, nodes, nodeNamed);
  const attachments = indexAttachments(topology, nodeNamed);
  const { addresses, linkAddresses } = indexAddresses(topology, declared, nodeNamed);
  const asesWithNodes = new Set(nodes.map(({ asn }) => asn));
  return {
    isp,
    nodes,
    edges,
    declaresPeerings: peerings.size > 0,
    nodeNamed,
    nodeOfAddress: (address) => addresses.get(address) ?? linkAddresses.get(address) ?? undefined,
    isLinkAddress: (address) => !addresses.has(address) && linkAddresses.has(address),
    neighbourOfAddress: (address) => neighbours.get(address) ?? undefined,
    peerings: (from, to) => peerings.get(pairKey(from, to)) ?? [],
    internalLinks: (from, to) => internalLinks.get(pairKey(from, to)) ?? [],
    attachmentOf: (address) => attachments.lookup(address) ?? undefined,
    hasNodesOf: (asn) => asesWithNodes.has(asn),
    trees: createBoundedCache(maximumTreeNodes, ({ tree }) => tree.distance.length),
  };
}

type NodeNamed = (name: string) => number | undefined;

function indexLinks(topology: Topology, nodes: readonly DeclaredNode[], nodeNamed: NodeNamed) {
  const edges: Edge[][] = nodes.map(() => []);
  const internalLinks = new Map<string, InternalLink[]>();
  const add = (from: number, to: number, metric: number): void => {
    const [near, far] = [nodes[from]!, nodes[to]!];
    if (near.asn === far.asn) {
      edges[from]!.push({ to, metric });
      return;
    }
    const component = internalLinkId(near.name, far.name);
    listOf(internalLinks, pairKey(near.asn, far.asn)).push({ from, to, metric, component });
  };
  for (const { between, metric } of topology.internalLinks) {
    const [left, right] = [nodeNamed(between[0]), nodeNamed(between[1])];
    if (left === undefined || right === undefined || left === right) continue;
    add(left, right, metric);
    add(right, left, metric);
  }
  return { edges, internalLinks };
}

function indexPeerings(topology: Topology, nodes: readonly DeclaredNode[], nodeNamed: NodeNamed) {
  const peerings = new Map<string, DeclaredPeering[]>();
  const neighbours = new Map<string, Asn | null>();
  for (const link of topology.peeringLinks) {
    const node = nodeNamed(link.node);
    if (node === undefined) continue;
    const { name, neighbour, exchange } = link;
    const nearAddress = link.nearAddress && canonicalAddress(link.nearAddress);
    const farAddress = link.farAddress && canonicalAddress(link.farAddress);
    const peering = { name, node, nearAddress, farAddress, exchange };
    listOf(peerings, pairKey(nodes[node]!.asn, neighbour)).push(peering);
    if (farAddress !== undefined) setOnce(neighbours, farAddress, neighbour);
  }
  for (const links of peerings.values()) links.sort((left, right) => (left.name < right.name ? -1 : 1));
  return { peerings, neighbours };
}

function indexAddresses(
  topology: Topology,
  nodes: readonly Topology['nodes'][number][],
  nodeNamed: NodeNamed,
) {
  const addresses = new Map<string, number | null>();
  for (const [index, node] of nodes.entries()) {
    for (const address of node.addresses) setOnce(addresses, canonicalAddress(address), index);
  }
  const linkAddresses = new Map<string, number | null>();
  for (const { node, nearAddress } of topology.peeringLinks) {
    const index = nodeNamed(node);
    if (index === undefined || nearAddress === undefined) continue;
    const address = canonicalAddress(nearAddress);
    setOnce(addresses.has(address) ? addresses : linkAddresses, address, index);
  }
  return { addresses, linkAddresses };
}

/** A prefix that is said of two nodes says nothing of where its hosts are. */
function indexAttachments(topology: Topology, nodeNamed: NodeNamed) {
  const attachments = new Map<string, Attachment | null>();
  for (const { prefix, node } of topology.attachments) {
    const index = nodeNamed(node);
    const canonical = canonicalPrefix(prefix);
    if (index === undefined || canonical === undefined) continue;
    const known = attachments.get(canonical);
    if (known === undefined) attachments.set(canonical, { prefix: canonical, node: index });
    else if (known?.node !== index) attachments.set(canonical, null);
  }
  return createPrefixTable([...attachments].map(([prefix, value]) => ({ prefix, value })));
}

function canonicalPrefix(text: string): string | undefined {
  try {
    return formatPrefix(parsePrefix(text));
  } catch (error) {
    if (error instanceof NetError) return undefined;
    throw error;
  }
}

/** What two claim belongs to neither. */
function setOnce<Value>(map: Map<string, Value | null>, key: string, value: Value): void {
  const known = map.get(key);
  map.set(key, known === undefined || known === value ? value : null);
}

function listOf<Value>(map: Map<string, Value[]>, key: string): Value[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}
