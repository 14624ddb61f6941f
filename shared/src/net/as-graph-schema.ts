import { z } from 'zod';
import { NetError, type NetErrorCode } from './net-error.js';
import { formatPrefix, parsePrefix } from './prefix.js';
import { findProviderCycles } from './provider-cycles.js';

/** AS numbers have 32 bits (RFC 6793); 0 is reserved (RFC 7607). */
export const asnSchema = z.int().min(1).max(4_294_967_295);

/** ISP ids are lower-case slugs, as long as a DNS label so that they can be part of a host name. */
export const ispSlugSchema = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be a lower-case slug like sp1 or north-fibre');

const nameSchema = z.string().min(1).max(200);

// The bounds stand at several times what the whole Internet has: about 80 000 ASes, 1.3 million prefixes
// and 500 000 links.
const maximumAses = 500_000;
const maximumPrefixes = 4_000_000;
const maximumLinks = 2_000_000;
/** PeeringDB lists about 1,300. */
const maximumExchanges = 10_000;

const asRelationshipSchema = z.enum(['customer-of', 'peer']);

const fileSchema = z.strictObject({
  version: z.literal(1),
  ases: z
    .array(
      z.strictObject({
        asn: asnSchema,
        name: nameSchema,
        isp: ispSlugSchema,
        /** ISO 3166-1 alpha-2. */
        country: z
          .string()
          .regex(/^[A-Z]{2}$/, 'must be two capital letters like PT')
          .optional(),
      }),
    )
    .max(maximumAses),
  isps: z.array(z.strictObject({ id: ispSlugSchema, name: nameSchema })).max(maximumAses),
  prefixes: z.array(z.strictObject({ prefix: z.string(), asn: asnSchema })).max(maximumPrefixes),
  /** `customer-of`: `from` buys transit from `to`. One entry stands for both directions of a link. */
  links: z
    .array(z.strictObject({ from: asnSchema, to: asnSchema, relationship: asRelationshipSchema }))
    .max(maximumLinks),
  /** Exchange points: addresses in their LANs belong to no AS. */
  exchanges: z
    .array(
      z.strictObject({
        id: ispSlugSchema,
        name: nameSchema,
        lans: z.array(z.string()).min(1).max(64),
        /** `us/ca/sanjose` */
        place: z.string().max(80).optional(),
        /** AS numbers of its route servers, which tell routes and carry no bytes: paths are without them. One or two each. */
        routeServerAsns: z.array(asnSchema).max(16).optional(),
      }),
    )
    .max(maximumExchanges)
    .default([]),
});

export type AsGraphFile = z.infer<typeof fileSchema>;
export type Exchange = AsGraphFile['exchanges'][number];
export type AsRelationship = z.infer<typeof asRelationshipSchema>;
export type AsLink = AsGraphFile['links'][number];

export type AsGraphProblemCode =
  | NetErrorCode
  | 'as-duplicate'
  | 'as-unknown'
  | 'exchange-duplicate'
  | 'isp-duplicate'
  | 'isp-unknown'
  | 'link-to-self'
  | 'link-duplicate'
  | 'provider-cycle'
  | 'shape';

type Report = (code: AsGraphProblemCode, path: (string | number)[], message: string) => void;

/**
 * The operator's AS graph file. Shape comes first; when it is right, every contradiction in the content is
 * an issue of its own, with its code in `params.code`.
 */
export const asGraphSchema = fileSchema.superRefine((file, context) => {
  const report: Report = (code, path, message) =>
    context.addIssue({ code: 'custom', path, message, params: { code } });
  const isps = reportDuplicates(
    file.isps.map(({ id }) => id),
    (id, index) => report('isp-duplicate', ['isps', index, 'id'], `ISP ${id} is given twice`),
  );
  const ases = reportDuplicates(
    file.ases.map(({ asn }) => asn),
    (asn, index) => report('as-duplicate', ['ases', index, 'asn'], `AS ${asn} is given twice`),
  );
  for (const [index, { asn, isp }] of file.ases.entries()) {
    if (!isps.has(isp)) {
      report('isp-unknown', ['ases', index, 'isp'], `ISP ${isp} of AS ${asn} is not in isps`);
    }
  }
  checkPrefixes(file, ases, report);
  checkLinks(file, ases, report);
  checkExchanges(file, report);
});

function checkPrefixes(file: AsGraphFile, ases: ReadonlySet<number>, report: Report): void {
  const seen = new Set<string>();
  for (const [index, { prefix, asn }] of file.prefixes.entries()) {
    if (!ases.has(asn)) {
      report('as-unknown', ['prefixes', index, 'asn'], `AS ${asn} of prefix ${prefix} is not in ases`);
    }
    const canonical = canonicalPrefix(prefix, ['prefixes', index, 'prefix'], report);
    if (canonical === undefined) continue;
    if (seen.has(canonical))
      report('prefix-duplicate', ['prefixes', index, 'prefix'], `prefix ${canonical} is given twice`);
    seen.add(canonical);
  }
}

function checkLinks(file: AsGraphFile, ases: ReadonlySet<number>, report: Report): void {
  const seen = new Set<string>();
  for (const [index, { from, to }] of file.links.entries()) {
    for (const [end, asn] of [['from', from] as const, ['to', to] as const]) {
      if (!ases.has(asn)) {
        report('as-unknown', ['links', index, end], `AS ${asn} of link ${from} to ${to} is not in ases`);
      }
    }
    if (from === to) {
      report('link-to-self', ['links', index], `AS ${from} is linked to itself; a link joins two ASes`);
      continue;
    }
    const pair = `${Math.min(from, to)} ${Math.max(from, to)}`;
    if (seen.has(pair)) {
      const message = `link ${from} to ${to} is given twice; one entry stands for both directions`;
      report('link-duplicate', ['links', index], message);
    }
    seen.add(pair);
  }
  for (const { linkIndex, cycle } of findProviderCycles(file.links)) {
    const shown = cycle.length > 20 ? [...cycle.slice(0, 10), '...', ...cycle.slice(-10)] : cycle;
    const message = `ASes ${shown.join(' -> ')} are each a customer of the next; transit may not run in a circle`;
    report('provider-cycle', ['links', linkIndex], message);
  }
}

function checkExchanges(file: AsGraphFile, report: Report): void {
  reportDuplicates(
    file.exchanges.map(({ id }) => id),
    (id, index) => report('exchange-duplicate', ['exchanges', index, 'id'], `exchange ${id} is given twice`),
  );
  const seen = new Set<string>();
  for (const [index, { lans }] of file.exchanges.entries()) {
    for (const [lanIndex, lan] of lans.entries()) {
      const canonical = canonicalPrefix(lan, ['exchanges', index, 'lans', lanIndex], report);
      if (canonical === undefined) continue;
      if (seen.has(canonical))
        report('prefix-duplicate', ['exchanges', index, 'lans', lanIndex], `LAN ${canonical} is given twice`);
      seen.add(canonical);
    }
  }
}

function canonicalPrefix(prefix: string, path: (string | number)[], report: Report): string | undefined {
  try {
    return formatPrefix(parsePrefix(prefix));
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    report(error.code, path, error.message);
    return undefined;
  }
}

function reportDuplicates<T>(keys: readonly T[], duplicate: (key: T, index: number) => void): Set<T> {
  const seen = new Set<T>();
  for (const [index, key] of keys.entries()) {
    if (seen.has(key)) duplicate(key, index);
    seen.add(key);
  }
  return seen;
}
