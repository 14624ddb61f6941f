import { z } from 'zod';
import { asnSchema, timeMsSchema } from './identifiers.js';

/**
 * Component ids beside `as:N`, `link:as:A>as:B`, `isp:x` and `host:x`. Links and peerings are directed, as bytes are.
 * A place is `<country>/<region>/<city>`, from the left as far as it is known.
 */
const name = '[A-Za-z0-9](?:[A-Za-z0-9._:-]{0,252}[A-Za-z0-9])?';
const asn = 'as:\\d{1,10}';
const slug = '[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?';

/** Every kind of component with the shape of its id. */
const componentPatterns = {
  as: asn,
  link: `link:${asn}>${asn}`,
  /** One of the peering links that an AS link is made of. */
  peering: `peering:${asn}>${asn}/${name}`,
  router: `router:${name}`,
  switch: `switch:${name}`,
  /** A link between two routers or switches of one ISP. */
  internal: `internal:${name}>${name}`,
  ixp: `ixp:${slug}`,
  place: 'place:[a-z]{2}(?:/[a-z0-9-]{1,32}){0,2}',
  isp: `isp:${slug}`,
  host: 'host:\\S{1,80}',
} as const;
export type ComponentKind = keyof typeof componentPatterns;
export const componentKindSchema = z.enum(
  Object.keys(componentPatterns) as [ComponentKind, ...ComponentKind[]],
);

const componentExpressions = new Map(
  Object.entries(componentPatterns).map(([kind, pattern]) => [
    kind as ComponentKind,
    new RegExp(`^${pattern}$`),
  ]),
);
export const componentIdSchema = z
  .string()
  .max(600)
  .refine(
    (id) => componentKindOf(id) !== undefined,
    'must be a component such as as:64501, link:as:64501>as:64502, router:bas1.sanjose.sp1.example, ixp:xlan or place:us/ca/sanjose',
  );

/** Undefined for what is no component id. */
export function componentKindOf(id: string): ComponentKind | undefined {
  const kind = (/^[a-z]+/.exec(id)?.[0] ?? '') as ComponentKind;
  return componentExpressions.get(kind)?.test(id) ? kind : undefined;
}

export const peeringId = (from: number, to: number, peering: string): string =>
  `peering:as:${from}>as:${to}/${peering}`;
export const routerId = (router: string): string => `router:${router}`;
export const switchId = (node: string): string => `switch:${node}`;
export const internalLinkId = (from: string, to: string): string => `internal:${from}>${to}`;
export const exchangeId = (exchange: string): string => `ixp:${exchange}`;
export const placeId = (place: string): string => `place:${place}`;

/**
 * Where an element of a path is known from: `bgp` a route that a router wrote, `declared` the ISP's own inventory about its own
 * networks, `traceroute` what an agent or edge saw, `operator` the operator's AS graph (whose an address is), `inferred`
 * valley-free from relationships, `geo` a database of places.
 */
export const elementSourceSchema = z.enum(['bgp', 'declared', 'traceroute', 'operator', 'inferred', 'geo']);
export type ElementSource = z.infer<typeof elementSourceSchema>;

export const pathElementSchema = z.object({
  component: componentIdSchema,
  source: elementSourceSchema,
  /** Percent: how sure the source is of it. 100 is a router's own choice or an inventory. */
  confidence: z.int().min(0).max(100),
  /** Whether bytes on it may be billed. What only a traceroute told, of an edge too, describes a path and bills nothing. */
  billable: z.boolean(),
});
export type PathElement = z.infer<typeof pathElementSchema>;

/** Two sources that say different things of one way. The one that is used is named first. */
export const pathConflictSchema = z.object({
  used: elementSourceSchema,
  usedAsPath: z.array(asnSchema),
  other: elementSourceSchema,
  otherAsPath: z.array(asnSchema),
  message: z.string(),
});
export type PathConflict = z.infer<typeof pathConflictSchema>;

/** What stands behind one way at one time. */
export const explainedPathSchema = z.object({
  sourceAs: asnSchema.nullable(),
  sourceIsp: z.string().nullable(),
  destinationAs: asnSchema.nullable(),
  destinationIsp: z.string().nullable(),
  timeMs: timeMsSchema,
  /** Null when an end or the way between is unknown. */
  path: z
    .object({ id: z.string(), asPath: z.array(asnSchema), elements: z.array(pathElementSchema) })
    .nullable(),
  conflicts: z.array(pathConflictSchema),
  /** What each source answered, in the order in which they are asked. */
  trail: z.array(z.string()),
});
export type ExplainedPath = z.infer<typeof explainedPathSchema>;
