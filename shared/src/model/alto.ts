import { z } from 'zod';

/** Names of PIDs and of information resources (RFC 7285 sections 10.1 and 10.2); `.` is reserved there. */
const altoNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9:@_-]{1,64}$/, 'must be 1 to 64 of letters, digits, "-", ":", "@", "_"');

/** A tag is compared for equality alone (RFC 7285 section 10.3). */
const versionTagSchema = z.object({
  'resource-id': altoNameSchema,
  tag: z.string().regex(/^[!-~]{1,64}$/, 'must be 1 to 64 printable ASCII characters without blanks'),
});

/** Of one document as JSON: a thousand PIDs with the costs between all of them take about as much. */
export const MAX_ALTO_DOCUMENT_BYTES = 8 * 1024 * 1024;
/** Costs are kept for every pair of PIDs: 8 MB at most. */
export const MAX_ALTO_PIDS = 1_000;
/** All IPv4 prefixes that the Internet routes at a large ISP's detail are some 1.3 million; a map groups them. */
const MAX_ALTO_PREFIXES_PER_PID = 200_000;

const prefixesSchema = z.array(z.string().max(64)).max(MAX_ALTO_PREFIXES_PER_PID).optional();
const hasFewPids = (pids: object): boolean => Object.keys(pids).length <= MAX_ALTO_PIDS;
const fewPids = `must have at most ${MAX_ALTO_PIDS} PIDs`;

/** `application/alto-networkmap+json` (RFC 7285 section 11.2.1). Members of extensions are left out. */
export const altoNetworkMapSchema = z.object({
  meta: z.object({ vtag: versionTagSchema }),
  'network-map': z
    .record(altoNameSchema, z.object({ ipv4: prefixesSchema, ipv6: prefixesSchema }))
    .refine(hasFewPids, fewPids),
});
export type AltoNetworkMap = z.output<typeof altoNetworkMapSchema>;

const costTypeSchema = z.object({
  'cost-mode': z.enum(['numerical', 'ordinal']),
  'cost-metric': z.literal('routingcost'),
});

/** `application/alto-costmap+json` (RFC 7285 section 11.2.3): from a source PID to a destination PID, the lower the better. */
export const altoCostMapSchema = z.object({
  meta: z.object({
    'dependent-vtags': z.array(versionTagSchema).min(1).max(16),
    'cost-type': costTypeSchema,
  }),
  'cost-map': z
    .record(altoNameSchema, z.record(altoNameSchema, z.number().min(0)).refine(hasFewPids, fewPids))
    .refine(hasFewPids, fewPids),
});
export type AltoCostMap = z.output<typeof altoCostMapSchema>;

const MAX_ALTO_RESOURCES = 1_000;

/** `application/alto-directory+json` (RFC 7285 section 9.2): where a server's maps are. */
export const altoDirectorySchema = z.object({
  meta: z.object({
    /** Names of cost types of any mode and metric. */
    'cost-types': z
      .record(z.string(), z.object({ 'cost-mode': z.string(), 'cost-metric': z.string() }))
      .default({}),
    'default-alto-network-map': altoNameSchema.optional(),
  }),
  resources: z
    .record(
      z.string(),
      z.object({
        uri: z.string().max(2_000),
        'media-type': z.string().max(200),
        /** Only of resources that take a request with parameters. */
        accepts: z.string().max(1_000).optional(),
        capabilities: z.object({ 'cost-type-names': z.array(z.string()).default([]) }).optional(),
        uses: z.array(z.string()).default([]),
      }),
    )
    .refine((resources) => Object.keys(resources).length <= MAX_ALTO_RESOURCES, {
      message: `must have at most ${MAX_ALTO_RESOURCES} resources`,
    }),
});

/** Both maps of an ISP, as it gives them. */
export const altoMapsSchema = z.strictObject({
  networkMap: altoNetworkMapSchema,
  costMap: altoCostMapSchema,
});
export type AltoMaps = z.output<typeof altoMapsSchema>;

export const altoMediaType = {
  directory: 'application/alto-directory+json',
  networkMap: 'application/alto-networkmap+json',
  costMap: 'application/alto-costmap+json',
} as const;
