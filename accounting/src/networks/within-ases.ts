import type { Asn, Topology } from '@fairhop/shared/model';

/** What of a topology is still the ISP's after some of its ASes went to others; the same object when none did. */
export function withinAses(topology: Topology, asns: readonly Asn[]): Topology {
  const own = new Set(asns);
  return withNodes(topology, ({ asn }) => own.has(asn));
}

/** A topology with these nodes only, and what is on them; the same object when these are all. */
export function withNodes(
  topology: Topology,
  isKept: (node: Topology['nodes'][number]) => boolean,
): Topology {
  const nodes = topology.nodes.filter(isKept);
  if (nodes.length === topology.nodes.length) return topology;
  const names = new Set(nodes.map(({ name }) => name));
  const isOn = ({ node }: { readonly node: string }): boolean => names.has(node);
  return {
    ...topology,
    nodes,
    internalLinks: topology.internalLinks.filter(({ between }) => between.every((node) => names.has(node))),
    peeringLinks: topology.peeringLinks.filter(isOn),
    attachments: topology.attachments.filter(isOn),
  };
}
