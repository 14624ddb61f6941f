import { z } from 'zod';
import {
  bitRateSchema,
  byteCountSchema,
  ipAddressSchema,
  policyNoticeSchema,
  policySchema,
  policyTermsSchema,
  publicKeySchema,
  slugSchema,
  timeMsSchema,
  titleIdSchema,
  transferIdSchema,
} from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

/**
 * A policy on ways to a downloader. `avoided`: so many uploaders were left out for it, and what was named comes another way;
 * `limited`: there is none, and what comes over its component is slowed down.
 */
export const drawPolicySchema = policyNoticeSchema.extend({
  effect: z.enum(['avoided', 'limited']),
  uploadersLeftOut: z.int().min(0),
});
export type DrawPolicy = z.infer<typeof drawPolicySchema>;

/** Live load of an edge, told while policies are in force. */
export const edgeTransferSchema = z.strictObject({
  transferId: transferIdSchema,
  clientAddress: ipAddressSchema,
  /** Absent for plain HTTP clients. */
  client: publicKeySchema.optional(),
  title: titleIdSchema,
  /** Payload sent since the edge was started. */
  bytes: byteCountSchema,
});
export type EdgeTransfer = z.infer<typeof edgeTransferSchema>;

/** Those of the last seconds, the busiest first: some 230 bytes each, and a heartbeat has 256 KiB. */
export const MAX_EDGE_TRANSFERS = 1_000;

/** Transfers that have one rate together at this edge. */
export const edgeLimitSchema = z.object({
  policy: slugSchema,
  rateBitsPerSecond: bitRateSchema,
  transfers: z.array(transferIdSchema).max(MAX_EDGE_TRANSFERS),
});
export type EdgeLimit = z.infer<typeof edgeLimitSchema>;

const policyParams = z.object({ id: slugSchema });
const rateSchema = z.int().min(0);

const measuredRateSchema = rateSchema.nullable();
const measuredCountSchema = z.int().nullable();

/**
 * A policy with what it does right now; rates in bits per second, counters since the coordinator was started or the policy is about
 * this traffic. To an ISP all that is measured is null where a policy is about one owner or title: accounting tells that to those who
 * have a contract.
 */
export const policyStateSchema = policySchema.extend({
  /** `resting`: out of its hours; `open`: there is room; `acting`: new transfers go around the component, or share it. */
  phase: z.enum(['resting', 'open', 'acting']),
  /** Since when it acts. */
  actingSinceMs: timeMsSchema.nullable(),
  /** What peers and edges may send over the component right now, all together. */
  grantedBitsPerSecond: measuredRateSchema,
  /** What they are expected to want of it. */
  expectedBitsPerSecond: measuredRateSchema,
  /** What agents and edges told of over the last seconds. */
  measuredBitsPerSecond: measuredRateSchema,
  /** What accounting booked over its latest window; null where accounting does not tell. */
  booked: z.object({ bitsPerSecond: rateSchema, fromMs: timeMsSchema, toMs: timeMsSchema }).nullable(),
  /** Grants and edges' transfers over the component. */
  grants: measuredCountSchema,
  edgeTransfers: measuredCountSchema,
  /** Uploaders left out of draws. */
  refusals: measuredCountSchema,
  /** Grants whose rate it lowered, and grants that it ended because a share would have been of no use. */
  lowered: measuredCountSchema,
  revoked: measuredCountSchema,
});
export type PolicyState = z.infer<typeof policyStateSchema>;

export const policyChangeSchema = z.object({
  timeMs: timeMsSchema,
  what: z.enum(['set', 'removed', 'acting', 'released']),
  /** Who set or removed it; `coordinator` for what followed from the load. */
  by: z.string(),
  /** For people. */
  text: z.string(),
});
export type PolicyChange = z.infer<typeof policyChangeSchema>;

const pairSchema = z.strictObject({ source: ipAddressSchema, destination: ipAddressSchema });
/** Pairs of addresses of one question about ways, and components of one way. */
export const MAX_POLICY_PAIRS = 200;
const MAX_WAY_COMPONENTS = 64;
const componentText = z.string().max(600);

/** Policies, and what accounting tells of them. */
export const coordinatorPolicyEndpoints = {
  listPolicies: defineEndpoint({
    method: 'GET',
    path: '/v1/policies',
    summary:
      'Policies with what they do now; an ISP sees its own and those on its networks, and no measurements of single owners and titles',
    response: z.object({ policies: z.array(policyStateSchema) }),
  }),
  getPolicy: defineEndpoint({
    method: 'GET',
    path: '/v1/policies/:id',
    summary: 'A policy, what it does now, and what happened to it, the newest first',
    params: policyParams,
    response: policyStateSchema.extend({ history: z.array(policyChangeSchema) }),
  }),
  putPolicy: defineEndpoint({
    method: 'PUT',
    path: '/v1/policies/:id',
    summary:
      'Set the capacity of a component (the operator, or an ISP whose networks bytes enter or leave there)',
    params: policyParams,
    body: policyTermsSchema,
    response: policySchema,
  }),
  removePolicy: defineEndpoint({
    method: 'DELETE',
    path: '/v1/policies/:id',
    summary: 'Remove a policy (who set it, or the operator); its history stays',
    params: policyParams,
    response: policySchema,
  }),
  /** Asked by accounting about each second: it tells load and ways, and learns what to tell next. */
  feedPolicies: defineEndpoint({
    method: 'POST',
    path: '/v1/policies-feed',
    trail: 'never',
    summary:
      'Booked load of policies, ways between addresses and owners of components; tells which are wanted (accounting)',
    body: z.strictObject({
      loads: z
        .array(
          z.strictObject({
            policy: slugSchema,
            bitsPerSecond: rateSchema,
            fromMs: timeMsSchema,
            toMs: timeMsSchema,
          }),
        )
        .max(1_000),
      ways: z
        .array(pairSchema.extend({ components: z.array(componentText).max(MAX_WAY_COMPONENTS) }))
        .max(MAX_POLICY_PAIRS),
      /** Null owner: it is known and nobody is paid for it; absent from the list: unknown. */
      components: z
        .array(z.strictObject({ id: componentText, known: z.boolean(), owner: z.string().nullable() }))
        .max(100),
    }),
    response: z.object({
      policies: z.array(policySchema),
      pairs: z.array(pairSchema),
      components: z.array(componentText),
    }),
  }),
};
