import { type AltoMaps, altoMapsSchema } from '@fairhop/shared/model';
import { type AsLink, createAsPaths } from '@fairhop/shared/net';
import { contentA, keyOf } from '../swarm/fixture.js';
import type { SelectionRequest } from './select-sources.js';

/** SP1 (64501, 64511) and SP2 peer, SP3 buys transit from SP2, SP1 and SP2 buy from a backbone. */
const links: AsLink[] = [
  { from: 64501, to: 64500, relationship: 'customer-of' },
  { from: 64502, to: 64500, relationship: 'customer-of' },
  { from: 64501, to: 64502, relationship: 'peer' },
  { from: 64503, to: 64502, relationship: 'customer-of' },
  { from: 64511, to: 64501, relationship: 'customer-of' },
];

export const paths = createAsPaths({ ases: [], links });

export const sp1 = { asn: 64501, isp: 'sp1', country: 'PT' };
export const sp1Elsewhere = { asn: 64501, isp: 'sp1', country: 'ES' };
export const sp1Other = { asn: 64511, isp: 'sp1', country: 'PT' };
export const sp2 = { asn: 64502, isp: 'sp2', country: 'PT' };
export const sp3 = { asn: 64503, isp: 'sp3', country: 'PT' };
export const unlisted = { asn: 65000, isp: null, country: null };
export const places = [sp1, sp1Elsewhere, sp1Other, sp2, sp3, unlisted];

export const requestOf = (
  name: string | number,
  request: Partial<SelectionRequest> = {},
): SelectionRequest => ({
  downloader: keyOf(name),
  contentId: contentA,
  category: 'video',
  peersAllowed: true,
  maxPeers: 12,
  exclude: new Set(),
  ...request,
});

export const seedOf = (number: number): string => number.toString(16).padStart(32, '0');

/** Each PID with the prefixes that it is given, or none. */
export const altoMapsOf = (
  pids: readonly string[],
  costs: Readonly<Record<string, Readonly<Record<string, number>>>>,
  prefixes: Readonly<Record<string, readonly string[]>> = {},
  tag = 'v1',
): AltoMaps =>
  altoMapsSchema.parse({
    networkMap: {
      meta: { vtag: { 'resource-id': 'network', tag } },
      'network-map': Object.fromEntries(pids.map((pid) => [pid, { ipv4: prefixes[pid] ?? [] }])),
    },
    costMap: {
      meta: {
        'dependent-vtags': [{ 'resource-id': 'network', tag }],
        'cost-type': { 'cost-mode': 'numerical', 'cost-metric': 'routingcost' },
      },
      'cost-map': costs,
    },
  });
