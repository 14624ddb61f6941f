import { z } from 'zod';
import { asnSchema, bitRateSchema, ipAddressSchema, prefixSchema, slugSchema } from './identifiers.js';

/** A router's or switch's name, best its DNS name: `bas1-m.sanjose.sp1.example`. */
export const nodeNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,118}[A-Za-z0-9])?$/,
    'must be a name like bas1-m.sanjose.sp1.example of at most 120 characters',
  );

/** A router that only a traceroute knows is called by its address: no declaration may take such a name, in whatever notation. */
const deviceNameSchema = nodeNameSchema.regex(/[^0-9.]/, 'must be a name, not an address');

/** `us/ca/sanjose`: country, region, city, from the left as far as it is known. */
export const placeSchema = z
  .string()
  .regex(
    /^[a-z]{2}(?:\/[a-z0-9-]{1,32}){0,2}$/,
    'must be country/region/city in lower case, such as us/ca/sanjose',
  );

const metricSchema = z.int().min(1).max(16_777_215).default(10);

const nodeSchema = z.strictObject({
  name: deviceNameSchema,
  kind: z.enum(['router', 'switch']),
  /** One of the ISP's own. */
  asn: asnSchema,
  place: placeSchema.optional(),
  /** Of its interfaces, as a traceroute shows them; loopbacks too. */
  addresses: z.array(ipAddressSchema).max(4_096).default([]),
});
const internalLinkSchema = z.strictObject({
  between: z.tuple([nodeNameSchema, nodeNameSchema]),
  /** Cost of the interior gateway protocol; the way inside is the one with the least. */
  metric: metricSchema,
  capacityBitsPerSecond: bitRateSchema.optional(),
});
const peeringLinkSchema = z.strictObject({
  name: nodeNameSchema,
  node: nodeNameSchema,
  /** The AS at the far end. */
  neighbour: asnSchema,
  nearAddress: ipAddressSchema.optional(),
  farAddress: ipAddressSchema.optional(),
  /** Of the operator's AS graph, when the link is one over its LAN. */
  exchange: slugSchema.optional(),
  capacityBitsPerSecond: bitRateSchema.optional(),
});
const attachmentSchema = z.strictObject({ prefix: prefixSchema, node: nodeNameSchema });

/** What a declaration lists, and how each item looks. */
export const topologyItemSchemas = {
  nodes: nodeSchema,
  internalLinks: internalLinkSchema,
  peeringLinks: peeringLinkSchema,
  attachments: attachmentSchema,
} as const;

/** Several times the largest inventories that are published (some 10,000 routers). */
const maximumItems = {
  nodes: 50_000,
  internalLinks: 200_000,
  peeringLinks: 100_000,
  attachments: 500_000,
} as const;

/** What an ISP says of its own networks. It comes first inside its own ASes; about others no path is made of it. */
export const topologySchema = z.strictObject({
  version: z.literal(1),
  nodes: z.array(nodeSchema).max(maximumItems.nodes),
  /** Between two nodes of the ISP, both directions. */
  internalLinks: z.array(internalLinkSchema).max(maximumItems.internalLinks),
  /** Links to other ASes. */
  peeringLinks: z.array(peeringLinkSchema).max(maximumItems.peeringLinks),
  /** Which node subscribers of a prefix hang on: points of presence. */
  attachments: z.array(attachmentSchema).max(maximumItems.attachments),
});
export type Topology = z.infer<typeof topologySchema>;
export type TopologyInput = z.input<typeof topologySchema>;

/** A topology whose items are not looked at yet: long ones are read item by item, so that other work goes on. */
export const topologyOutlineSchema = z.strictObject({
  version: z.literal(1),
  nodes: z.array(z.unknown()).max(maximumItems.nodes),
  internalLinks: z.array(z.unknown()).max(maximumItems.internalLinks),
  peeringLinks: z.array(z.unknown()).max(maximumItems.peeringLinks),
  attachments: z.array(z.unknown()).max(maximumItems.attachments),
});
