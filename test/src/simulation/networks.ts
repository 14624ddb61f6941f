/** Three ISPs whose subscribers may upload, one that permits nobody, and the operator's edge behind a backbone. */
export const asGraphFile = {
  version: 1,
  ases: [
    { asn: 64496, name: 'CDN', isp: 'cdn' },
    { asn: 64500, name: 'Backbone', isp: 'backbone' },
    { asn: 64501, name: 'SP1', isp: 'sp1' },
    { asn: 64502, name: 'SP2', isp: 'sp2' },
    { asn: 64503, name: 'SP3', isp: 'sp3' },
    { asn: 64504, name: 'SP4', isp: 'sp4' },
  ],
  isps: ['cdn', 'backbone', 'sp1', 'sp2', 'sp3', 'sp4'].map((id) => ({ id, name: id.toUpperCase() })),
  prefixes: [
    { prefix: '127.0.0.1/32', asn: 64496 },
    { prefix: '127.1.0.0/16', asn: 64501 },
    { prefix: '127.2.0.0/16', asn: 64502 },
    { prefix: '127.3.0.0/16', asn: 64503 },
    { prefix: '127.4.0.0/16', asn: 64504 },
  ],
  links: [
    { from: 64496, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64500, relationship: 'customer-of' },
    { from: 64502, to: 64500, relationship: 'customer-of' },
    { from: 64503, to: 64502, relationship: 'customer-of' },
    { from: 64504, to: 64500, relationship: 'customer-of' },
    { from: 64501, to: 64502, relationship: 'peer' },
  ],
} as const;

/** By their number: `sp1` … */
export const PERMITTING_ISPS = [1, 2, 3] as const;
/** Its subscribers have no permit. */
export const SILENT_ISP = 4;

export const addressIn = (isp: number, host: number): string =>
  `127.${isp}.${(host >>> 8) & 255}.${host & 255}`;
export const networkOfIsp = (isp: number): string => `127.${isp}.0.0/16`;
