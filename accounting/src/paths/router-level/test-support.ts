import type { PathElement, Topology } from '@fairhop/shared/model';
import type { AsWay, NetworkDetail, Trace } from '../knowledge.js';
import { describeWay } from './index.js';

/** AS 64501 and AS 64502 over an exchange and a private link, AS 64503 behind. Addresses: 198.18.<AS - 64500>.x */
export const sp1: Topology = {
  version: 1,
  nodes: [
    node('bas1.sanjose.sp1.example', 64501, ['198.18.1.1'], 'router', 'us/ca/sanjose'),
    node('sw1.sanjose.sp1.example', 64501, [], 'switch', 'us/ca/sanjose'),
    node('br1.sanjose.sp1.example', 64501, ['198.18.1.2'], 'router', 'us/ca/sanjose'),
    node('br2.nyc.sp1.example', 64501, ['198.18.1.3', '198.18.1.33'], 'router'),
  ],
  internalLinks: [
    { between: ['bas1.sanjose.sp1.example', 'sw1.sanjose.sp1.example'], metric: 10 },
    { between: ['sw1.sanjose.sp1.example', 'br1.sanjose.sp1.example'], metric: 10 },
    { between: ['sw1.sanjose.sp1.example', 'br2.nyc.sp1.example'], metric: 50 },
  ],
  peeringLinks: [
    peering('xlan-1', 'br1.sanjose.sp1.example', 64502, '198.18.100.1', '198.18.100.2', 'xlan'),
    peering('private-2', 'br2.nyc.sp1.example', 64502, '198.18.2.130', '198.18.2.129'),
  ],
  attachments: [
    { prefix: '198.18.1.64/26', node: 'bas1.sanjose.sp1.example' },
    { prefix: '198.18.1.128/26', node: 'br2.nyc.sp1.example' },
  ],
};
export const sp2: Topology = {
  version: 1,
  nodes: [
    node('cr1.sp2.example', 64502, ['198.18.2.1']),
    node('cr2.sp2.example', 64502, ['198.18.2.2']),
    node('cr3.sp2.example', 64502, ['198.18.2.3']),
  ],
  internalLinks: [
    { between: ['cr1.sp2.example', 'cr3.sp2.example'], metric: 10 },
    { between: ['cr2.sp2.example', 'cr3.sp2.example'], metric: 10 },
  ],
  peeringLinks: [
    peering('to-sp1-lan', 'cr1.sp2.example', 64501, '198.18.100.2', '198.18.100.1'),
    peering('to-sp1-private', 'cr2.sp2.example', 64501, '198.18.2.129'),
    peering('to-sp3', 'cr3.sp2.example', 64503),
  ],
  attachments: [{ prefix: '198.18.2.64/26', node: 'cr3.sp2.example' }],
};
export const source = { address: '198.18.1.70', asn: 64501 };
export const destination = { address: '198.18.3.200', asn: 64503 };
export const way: AsWay = { asPath: [64501, 64502, 64503], source: 'bgp', confidence: 100, nextHop: null };
/** AS 64512 is a further one of sp2. */
export const ispOf = (asn: number): string | undefined => `sp${(asn - 64500) % 10}`;

export function node(
  name: string,
  asn: number,
  addresses: string[] = [],
  kind: 'router' | 'switch' = 'router',
  place?: string,
): Topology['nodes'][number] {
  return { name, kind, asn, addresses, place };
}

export function peering(
  name: string,
  at: string,
  neighbour: number,
  nearAddress?: string,
  farAddress?: string,
  exchange?: string,
): Topology['peeringLinks'][number] {
  return { name, node: at, neighbour, nearAddress, farAddress, exchange };
}

export function detailOf(topologies: Record<string, Topology>, trace?: Trace): NetworkDetail {
  const networks = Object.entries(topologies).map(([isp, topology]) => ({
    isp,
    asns: [...new Set(topology.nodes.map(({ asn }) => asn))],
    topology,
  }));
  return {
    declaredOf: (asn) => networks.find(({ asns }) => asns.includes(asn)),
    exchangeOf: (address) =>
      address.startsWith('198.18.100.')
        ? { id: 'xlan', name: 'X', lans: ['198.18.100.0/24'], place: 'us/ca/paloalto' }
        : undefined,
    asOf: (address) => {
      const octets = address.split('.').map(Number);
      return octets[1] === 18 && octets[2] !== 100 ? 64500 + octets[2]! : undefined;
    },
    placeOf: (address) => (address.startsWith('198.18.3.') ? { place: 'de', confidence: 60 } : undefined),
    traceBetween: () => trace,
  };
}

/** `address` or `address name`; an empty text is a silent hop. */
export function traceOf(hops: string[], further: Partial<Trace> = {}): Trace {
  return {
    type: 'path-evidence',
    transferId: '6a0cbf9e-0d0d-4c7b-9b55-0e1d8a3c0f11',
    direction: 'forward',
    tool: 'traceroute',
    protocol: 'udp',
    startMs: 0,
    endMs: 1,
    sourceAddress: source.address,
    destinationAddress: destination.address,
    reached: false,
    hops: hops.map((hop, index) => {
      const [address = '', name] = hop.split(' ');
      const replies = address === '' ? [] : [{ address, ...(name && { name }), roundTripMicros: 1_000 }];
      return { timeToLive: index + 1, replies };
    }),
    isTrusted: false,
    ...further,
  };
}

export const describeIt = (
  detail: NetworkDetail,
  given: Partial<AsWay> = {},
  ends = { source, destination },
) => describeWay({ ...way, ...given }, ends, detail, ispOf);
export const ids = ({ elements }: { elements: readonly PathElement[] }): string[] =>
  elements.map(({ component }) => component);
export const find = ({ elements }: { elements: readonly PathElement[] }, component: string) =>
  elements.find((element) => element.component === component);
