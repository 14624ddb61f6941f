import type { ContentSwarm, Network, SwarmAgent, UploaderGroup } from '../swarm/index.js';
import { costClass, type SelectionKnowledge } from './knowledge.js';

export interface CostClass {
  readonly cost: number;
  readonly onNet: boolean;
  readonly groups: UploaderGroup[];
}

/** On-net is the same ISP, or the same AS where no ISP is known. */
export const isOnNet = (one: Network, other: Network): boolean =>
  one.isp !== null ? one.isp === other.isp : one.asn === other.asn;

/** Places that may deliver to the downloader, by what it costs, cheapest first. */
export function costClasses(
  content: ContentSwarm,
  downloader: SwarmAgent & { readonly network: Network },
  peerCountries: ReadonlySet<string> | undefined,
  knowledge: SelectionKnowledge,
): CostClass[] {
  const { network, address } = downloader;
  const onNet: (CostClass | undefined)[] = [];
  const offNet: (CostClass | undefined)[] = [];
  for (const group of content.networks.values()) {
    const source = group.network;
    if (group.holders.size + group.starters.size === 0) continue;
    if (peerCountries && (source.country === null || !peerCountries.has(source.country))) continue;
    const cost = knowledge.costOf(source, network);
    if (cost === undefined) continue;
    const near = isOnNet(source, network);
    const classes = near ? onNet : offNet;
    const known = classes[cost];
    if (known) known.groups.push(group);
    else classes[cost] = { cost, onNet: near, groups: [group] };
  }
  const sameAddress = content.addresses.get(address);
  // Who shares the address shares the network: where the network may not be used, neither may the address.
  if (sameAddress && content.networks.has(network) && allowed(network, peerCountries)) {
    onNet[costClass.sameAddress] = { cost: costClass.sameAddress, onNet: true, groups: [sameAddress] };
  }
  const present = (classes: (CostClass | undefined)[]): CostClass[] =>
    classes.filter((entry): entry is CostClass => entry !== undefined);
  return [...present(onNet), ...present(offNet)];
}

const allowed = ({ country }: Network, countries: ReadonlySet<string> | undefined): boolean =>
  !countries || (country !== null && countries.has(country));
