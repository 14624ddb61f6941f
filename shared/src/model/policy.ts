import { z } from 'zod';
import { bitRateSchema, ownerIdSchema, slugSchema, timeMsSchema, titleIdSchema } from './identifiers.js';
import { type ComponentKind, componentIdSchema, componentKindOf } from './path.js';
import { hoursSchema } from './permit.js';

/** What may have a capacity. Places describe, and a host's uplink has its permit. */
const limitableKinds: readonly (ComponentKind | undefined)[] = [
  'as',
  'link',
  'peering',
  'router',
  'switch',
  'internal',
  'ixp',
  'isp',
];

export const policyComponentSchema = componentIdSchema.refine(
  (id) => limitableKinds.includes(componentKindOf(id)),
  'must be an AS, link, peering, router, switch, internal link, exchange point or ISP, such as link:as:64501>as:64502',
);

/** Which traffic over the component it is about. */
export const policyScopeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('owner'), owner: ownerIdSchema }),
  z.strictObject({ kind: z.literal('title'), title: titleIdSchema }),
  z.strictObject({ kind: z.literal('category'), category: slugSchema }),
]);
export type PolicyScope = z.infer<typeof policyScopeSchema>;

/** Below this no transfer would get anywhere. */
const MIN_CAPACITY_BITS_PER_SECOND = 64_000;

/** A capacity that payload over a component must not exceed, from peers and edges together. */
export const policyTermsSchema = z.strictObject({
  component: policyComponentSchema,
  capacityBitsPerSecond: bitRateSchema.min(
    MIN_CAPACITY_BITS_PER_SECOND,
    `must be at least ${MIN_CAPACITY_BITS_PER_SECOND} (64 kbit/s)`,
  ),
  scope: policyScopeSchema.default({ kind: 'all' }),
  /** When it is in force; absent: always. */
  hours: hoursSchema.optional(),
  /** New transfers come over the component again once its load is below this share of the capacity. */
  releasePercent: z.int().min(10).max(99).default(90),
});
export type PolicyTerms = z.infer<typeof policyTermsSchema>;

export const policySchema = policyTermsSchema.extend({
  id: slugSchema,
  /** `operator`, or the ISP that set it: `isp:sp1`. */
  setBy: z.string(),
  createdMs: timeMsSchema,
  changedMs: timeMsSchema,
});
export type Policy = z.infer<typeof policySchema>;

/** A policy as those are told whom it limits. */
export const policyNoticeSchema = z.object({ policy: slugSchema, component: policyComponentSchema });
export type PolicyNotice = z.infer<typeof policyNoticeSchema>;
