/**
 * The demo's internet: three access ISPs on 127.1/16 to 127.3/16, a backbone, and the CDN on 127.0.0.1. SP1 and SP2 peer
 * and both buy transit from the backbone; SP3 buys transit from SP2, so that bytes from SP1 to SP3 cross SP1→SP2.
 */
export const asGraph = {
  version: 1,
  isps: [
    { id: 'sp1', name: 'SP1' },
    { id: 'sp2', name: 'SP2' },
    { id: 'sp3', name: 'SP3' },
    { id: 'cdn', name: 'CDN' },
    { id: 'backbone', name: 'Backbone' },
  ],
  ases: [
    { asn: 64496, name: 'CDN', isp: 'cdn' },
    { asn: 64500, name: 'BACKBONE', isp: 'backbone' },
    { asn: 64501, name: 'SP1', isp: 'sp1' },
    { asn: 64502, name: 'SP2', isp: 'sp2' },
    { asn: 64503, name: 'SP3', isp: 'sp3' },
  ],
  prefixes: [
    { prefix: '127.0.0.1/32', asn: 64496 },
    { prefix: '127.1.0.0/16', asn: 64501 },
    { prefix: '127.2.0.0/16', asn: 64502 },
    { prefix: '127.3.0.0/16', asn: 64503 },
  ],
  links: [
    { from: 64496, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64500, relationship: 'customer-of' },
    { from: 64502, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64502, relationship: 'peer' },
    { from: 64503, to: 64502, relationship: 'customer-of' },
  ],
} as const;

export const CDN_ADDRESS = '127.0.0.1';

export interface DemoSubscriber {
  /** `sp1-a` */
  readonly name: string;
  readonly isp: string;
  readonly address: string;
}

/** Subscribers of the three ISPs, each with an address of its own. */
export const demoSubscribers = (perIsp: number): DemoSubscriber[] =>
  [1, 2, 3].flatMap((network) =>
    Array.from({ length: perIsp }, (_, index) => ({
      name: `sp${network}-${String.fromCharCode(97 + index)}`,
      isp: `sp${network}`,
      address: `127.${network}.0.${index + 1}`,
    })),
  );

/** ISPs that permit the use of their subscribers' uplinks; SP3 does not. */
export const permittingIsps = [
  { isp: 'sp1', network: '127.1.0.0/16' },
  { isp: 'sp2', network: '127.2.0.0/16' },
] as const;
