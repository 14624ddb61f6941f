import type { Asn, Topology } from '@fairhop/shared/model';

/** What of a topology is still the ISP's after some of its ASes went to others; the same object when none did. */
export function withinAses(topology: Topology, asns: readonly Asn[]): Topology {
  const own = new Set(asns);
  if (topology.nodes.every(({ asn }) => own.has(asn))) return topology;
  const nodes = topology.nodes.filter(({ asn }) => own.has(asn));
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
