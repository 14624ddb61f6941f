import type { FieldError, Topology } from '@fairhop/shared/model';
import {
  type AsGraph,
  formatAddress,
  formatPrefix,
  NetError,
  parseAddress,
  parsePrefix,
} from '@fairhop/shared/net';
import type { Steps } from './steps.js';

export interface StructureFacts {
  readonly isp: string;
  readonly graph: Pick<AsGraph, 'ispOf'>;
}

/**
 * A topology with names as DNS compares them (RFC 4343): in lower case, so that a router has one component id whoever names it.
 */
export function inLowerCase(topology: Topology): Topology {
  return {
    ...topology,
    nodes: topology.nodes.map((node) => ({ ...node, name: node.name.toLowerCase() })),
    internalLinks: topology.internalLinks.map((link) => ({
      ...link,
      between: [link.between[0].toLowerCase(), link.between[1].toLowerCase()],
    })),
    peeringLinks: topology.peeringLinks.map((link) => ({
      ...link,
      name: link.name.toLowerCase(),
      node: link.node.toLowerCase(),
    })),
    attachments: topology.attachments.map((attachment) => ({
      ...attachment,
      node: attachment.node.toLowerCase(),
    })),
  };
}

/** Who wrote a hundred contradictions has one mistake to find. */
const TOLD_ERRORS = 100;

/** What makes a declaration, its names in lower case, contradict itself or the AS graph; then none of it can be used. */
export function* structureErrors(topology: Topology, facts: StructureFacts): Steps<FieldError[]> {
  const errors: FieldError[] = [];
  const report = (path: string, message: string): void => {
    if (errors.length < TOLD_ERRORS) errors.push({ path, message });
  };
  const asnOf = yield* checkNodes(topology, facts, report);
  const known = (node: string, path: string): void => {
    if (!asnOf.has(node)) report(path, `${node} is not in nodes; name a router or switch that is`);
  };
  yield* checkInternalLinks(topology, known, report);
  const peerings = new Set<string>();
  for (const [index, { name, node, neighbour }] of topology.peeringLinks.entries()) {
    yield;
    const path = `peeringLinks.${index}`;
    known(node, `${path}.node`);
    const asn = asnOf.get(node);
    if (asn === neighbour)
      report(`${path}.neighbour`, `AS ${asn} is the node's own; a peering link leads to another AS`);
    const key = `${asn} ${neighbour} ${name}`;
    if (peerings.has(key))
      report(
        `${path}.name`,
        `${name} from AS ${asn} to AS ${neighbour} is given twice; names tell links apart`,
      );
    peerings.add(key);
  }
  const attached = new Set<string>();
  for (const [index, { prefix, node }] of topology.attachments.entries()) {
    yield;
    const path = `attachments.${index}`;
    known(node, `${path}.node`);
    const text = canonical(() => formatPrefix(parsePrefix(prefix)), `${path}.prefix`, report);
    if (text === undefined) continue;
    if (attached.has(text)) report(`${path}.prefix`, `${text} is given twice; it hangs on one node`);
    attached.add(text);
  }
  return errors;
}

type Report = (path: string, message: string) => void;

/** AS of each node. */
function* checkNodes(
  topology: Topology,
  { isp, graph }: StructureFacts,
  report: Report,
): Steps<ReadonlyMap<string, number>> {
  const asnOf = new Map<string, number>();
  const nodeOf = new Map<string, string>();
  for (const [index, { name, asn, addresses }] of topology.nodes.entries()) {
    const path = `nodes.${index}`;
    if (asnOf.has(name)) report(`${path}.name`, `${name} is given twice; names tell nodes apart`);
    asnOf.set(name, asn);
    const holder = graph.ispOf(asn);
    if (holder !== isp) {
      const whose = holder === undefined ? 'nobody that the AS graph knows' : `ISP ${holder}`;
      report(`${path}.asn`, `AS ${asn} belongs to ${whose}; a node of ISP ${isp} is in one of its own ASes`);
    }
    for (const [addressIndex, address] of addresses.entries()) {
      yield;
      const addressPath = `${path}.addresses.${addressIndex}`;
      const text = canonical(() => formatAddress(parseAddress(address)), addressPath, report);
      if (text === undefined) continue;
      const holderNode = nodeOf.get(text);
      if (holderNode !== undefined && holderNode !== name)
        report(addressPath, `${text} is an address of node ${holderNode} too; an interface has one node`);
      nodeOf.set(text, name);
    }
  }
  return asnOf;
}

function* checkInternalLinks(
  { internalLinks }: Topology,
  known: (node: string, path: string) => void,
  report: Report,
): Steps<void> {
  const pairs = new Set<string>();
  for (const [index, { between }] of internalLinks.entries()) {
    yield;
    const path = `internalLinks.${index}.between`;
    for (const [end, node] of between.entries()) known(node, `${path}.${end}`);
    const [left, right] = [...between].sort();
    if (left === right) report(path, `links ${left} to itself; a link joins two nodes`);
    const key = `${left} ${right}`;
    if (pairs.has(key))
      report(path, `${left} and ${right} are linked twice; give parallel links as one with their capacity`);
    pairs.add(key);
  }
}

function canonical(read: () => string, path: string, report: Report): string | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    report(path, error.message);
    return undefined;
  }
}
