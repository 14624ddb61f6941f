import { z } from 'zod';
import {
  byteCountSchema,
  componentIdSchema,
  componentKindSchema,
  elementSourceSchema,
  explainedPathSchema,
  ipAddressSchema,
  pathConflictSchema,
  pathEvidenceRecordSchema,
  slugSchema,
  timeMsSchema,
  titleIdSchema,
  topologySchema,
} from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

const pageQuery = {
  afterId: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
};
const atQuery = z.object({ atMs: z.coerce.number().pipe(timeMsSchema).optional() });
const ispParams = z.object({ isp: slugSchema });

const remarkSchema = z.object({ what: z.string(), code: z.string(), message: z.string() });

/** A declaration with what became of it. Versions are numbered from 1 and never change. */
export const declaredTopologySchema = z.object({
  isp: slugSchema,
  version: z.int(),
  validFromMs: timeMsSchema,
  /** Null while it is in force. */
  validToMs: timeMsSchema.nullable(),
  declaredMs: timeMsSchema,
  declaredBy: z.string(),
  /** What was declared and does not count, and why: prefixes, addresses and names of others. */
  refused: z.array(remarkSchema),
  /**
   * What is kept although BGP and the operator's AS graph say otherwise: between ASes, they win. As of when one of them last changed
   * while the version was in force or still to come.
   */
  conflicts: z.array(remarkSchema),
  /** What counts of it; names in lower case. */
  topology: topologySchema,
});
export type DeclaredTopology = z.infer<typeof declaredTopologySchema>;

/** A declaration in a list: its remarks counted, at most 1,001 of each. */
const listedTopologySchema = declaredTopologySchema
  .omit({ topology: true, refused: true, conflicts: true })
  .extend({ refusedCount: z.int(), conflictCount: z.int() });
export type ListedTopology = z.infer<typeof listedTopologySchema>;

/** One version of who is paid for a component. Learnt from the AS graph and declarations, or declared by the operator. */
export const componentOwnerSchema = z.object({
  owner: slugSchema,
  basis: z.enum(['learnt', 'declared']),
  fromMs: timeMsSchema,
  toMs: timeMsSchema.nullable(),
});
export type ComponentOwner = z.infer<typeof componentOwnerSchema>;

export const accountingObjectSchema = z.object({
  id: slugSchema,
  name: z.string(),
  createdMs: timeMsSchema,
  closedMs: timeMsSchema.nullable(),
  /** All that was ever part of it, each from when to when. */
  entities: z.array(
    z.object({ component: componentIdSchema, fromMs: timeMsSchema, toMs: timeMsSchema.nullable() }),
  ),
});
export type AccountingObject = z.infer<typeof accountingObjectSchema>;

export const componentSchema = z.object({
  id: componentIdSchema,
  kind: componentKindSchema,
  /** Newest last; empty where nobody is known. */
  owners: z.array(componentOwnerSchema),
  /** Links of an AS link, routers of an AS, ASes of an ISP. */
  parts: z.array(componentIdSchema),
  partOf: z.array(componentIdSchema),
  objects: z.array(slugSchema),
  place: z.string().nullable(),
  capacityBitsPerSecond: z.int().nullable(),
  /** Over all time, and over the billable share of it. */
  bytes: byteCountSchema,
  billableBytes: byteCountSchema,
  events: z.int(),
  paths: z.int(),
  /** What is left out of these figures, since older events are dropped. */
  notes: z.array(z.string()).optional(),
});
export type Component = z.infer<typeof componentSchema>;

/** What one transfer's row was on one component. */
export const componentRecordSchema = z.object({
  eventId: z.int(),
  component: componentIdSchema,
  /** Null for a host's record where the networks between are unknown. */
  path: z.string().nullable(),
  owner: slugSchema,
  bytes: byteCountSchema,
  startMs: timeMsSchema,
  endMs: timeMsSchema,
  title: titleIdSchema,
});
export type ComponentRecord = z.infer<typeof componentRecordSchema>;

export const accountingNetworksEndpoints = {
  explainPath: defineEndpoint({
    method: 'GET',
    path: '/v1/paths',
    summary: 'The path between two addresses at a time, and where each element of it is known from',
    query: atQuery.extend({ source: ipAddressSchema, destination: ipAddressSchema }),
    response: explainedPathSchema,
  }),
  putTopology: defineEndpoint({
    method: 'PUT',
    path: '/v1/isps/:isp/topology',
    summary: "Declare an ISP's routers, switches, links and points of presence, from a time on",
    params: ispParams,
    query: z.object({ validFromMs: z.coerce.number().pipe(timeMsSchema).optional() }),
    body: topologySchema,
    response: declaredTopologySchema,
  }),
  getTopology: defineEndpoint({
    method: 'GET',
    path: '/v1/isps/:isp/topology',
    summary: 'The declaration that is in force at a time, by default now',
    params: ispParams,
    query: atQuery,
    response: declaredTopologySchema,
  }),
  listTopologies: defineEndpoint({
    method: 'GET',
    path: '/v1/isps/:isp/topologies',
    summary: 'Declarations of an ISP, the newest first, without their content',
    params: ispParams,
    query: z.object({
      /** Go on with older ones than this version. */
      beforeVersion: z.coerce.number().int().min(1).optional(),
      limit: pageQuery.limit,
    }),
    response: z.object({ topologies: z.array(listedTopologySchema) }),
  }),
  withdrawTopology: defineEndpoint({
    method: 'DELETE',
    path: '/v1/isps/:isp/topologies/:version',
    summary: 'Withdraw the newest declaration before it begins; the one before it holds on',
    params: ispParams.extend({ version: z.coerce.number().int().min(1) }),
    response: z.object({ withdrawn: listedTopologySchema }),
  }),
  listConflicts: defineEndpoint({
    method: 'GET',
    path: '/v1/path-conflicts',
    summary:
      'Where sources differ: first what declarations in force say otherwise, then what ways in use met, each the newest first',
    query: z.object({
      limit: pageQuery.limit,
      /** Only where this source is the one that is not used. */
      source: elementSourceSchema.optional(),
      /** So many were on the pages before. */
      skip: z.coerce.number().int().min(0).max(10_000).default(0),
    }),
    response: z.object({
      conflicts: z.array(
        pathConflictSchema.extend({
          firstMs: timeMsSchema,
          lastMs: timeMsSchema,
          /** Times it was met. */
          count: z.int(),
        }),
      ),
    }),
  }),
  listEvidence: defineEndpoint({
    method: 'GET',
    path: '/v1/path-evidence',
    summary: 'Traceroutes as their ends reported them, in booking order',
    query: z.object({ ...pageQuery, transferId: z.uuid().optional() }),
    response: z.object({
      evidence: z.array(
        z.object({
          id: z.int(),
          reporter: z.string(),
          bookedMs: timeMsSchema,
          record: pathEvidenceRecordSchema.omit({ grant: true }),
        }),
      ),
    }),
  }),
  getComponent: defineEndpoint({
    method: 'GET',
    path: '/v1/components/:component',
    summary: 'A component: who owns it, what it is part of, what it carried',
    params: z.object({ component: componentIdSchema }),
    response: componentSchema,
  }),
  listComponents: defineEndpoint({
    method: 'GET',
    path: '/v1/components',
    summary: 'Components that carried bytes, by id',
    query: z.object({
      kind: componentKindSchema.optional(),
      after: z.string().max(600).optional(),
      limit: pageQuery.limit,
    }),
    response: z.object({
      components: z.array(componentSchema.pick({ id: true, kind: true, bytes: true })),
      notes: componentSchema.shape.notes,
    }),
  }),
  listComponentRecords: defineEndpoint({
    method: 'GET',
    path: '/v1/components/:component/records',
    summary: 'One record for each row whose path crossed the component, in booking order',
    params: z.object({ component: componentIdSchema }),
    query: z.object(pageQuery),
    response: z.object({ records: z.array(componentRecordSchema) }),
  }),
  putComponentOwner: defineEndpoint({
    method: 'PUT',
    path: '/v1/components/:component/owner',
    summary: 'Declare who is paid for a component from a time on; what was before stays',
    params: z.object({ component: componentIdSchema }),
    body: z.strictObject({ owner: slugSchema, fromMs: timeMsSchema.optional() }),
    response: z.object({ owners: z.array(componentOwnerSchema) }),
  }),
  putObject: defineEndpoint({
    method: 'PUT',
    path: '/v1/accounting-objects/:id',
    summary: 'Make a named measurement, or change from a time on which components carry it',
    params: z.object({ id: slugSchema }),
    body: z.strictObject({
      name: z.string().min(1).max(200),
      components: z.array(componentIdSchema).max(10_000),
      fromMs: timeMsSchema.optional(),
    }),
    response: accountingObjectSchema,
  }),
  closeObject: defineEndpoint({
    method: 'DELETE',
    path: '/v1/accounting-objects/:id',
    summary: 'Close a named measurement; its history stays',
    params: z.object({ id: slugSchema }),
    query: atQuery,
    response: accountingObjectSchema,
  }),
  listObjects: defineEndpoint({
    method: 'GET',
    path: '/v1/accounting-objects',
    summary: 'Named measurements with all that was ever part of them',
    query: z.object({ component: componentIdSchema.optional() }),
    response: z.object({ objects: z.array(accountingObjectSchema) }),
  }),
  getObject: defineEndpoint({
    method: 'GET',
    path: '/v1/accounting-objects/:id',
    summary: 'A named measurement with all that was ever part of it',
    params: z.object({ id: slugSchema }),
    response: accountingObjectSchema,
  }),
  measureObject: defineEndpoint({
    method: 'GET',
    path: '/v1/accounting-objects/:id/bytes',
    summary: 'Bytes that crossed its components while they were part of it; what crossed several counts once',
    params: z.object({ id: slugSchema }),
    query: z.object({
      fromMs: z.coerce.number().pipe(timeMsSchema).optional(),
      toMs: z.coerce.number().pipe(timeMsSchema).optional(),
    }),
    response: z.object({
      bytes: byteCountSchema,
      events: z.int(),
      /** Where it is not as fine as it was asked for, since older events are dropped: what was counted instead. */
      notes: z.array(z.string()).optional(),
    }),
  }),
};
