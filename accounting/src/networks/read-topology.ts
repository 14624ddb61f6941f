import {
  type FieldError,
  fieldErrors,
  type Topology,
  topologyItemSchemas,
  topologyOutlineSchema,
} from '@fairhop/shared/model';
import { invalidRequest } from '@fairhop/shared/service';
import type { z } from 'zod';
import type { Steps } from './steps.js';

type List = keyof typeof topologyItemSchemas;

/** Who wrote a hundred wrong items has one mistake to find. */
const TOLD_ERRORS = 100;

/** What `topologySchema` makes of it, item by item. Throws `invalid-request` (400) with the places that are wrong. */
export function* readTopology(json: unknown): Steps<Topology> {
  const outline = topologyOutlineSchema.safeParse(json);
  const lists = (outline.success ? outline.data : json) as Partial<Record<List, unknown>> | null;
  const errors: FieldError[] = [];
  function* read<Item>(list: List, schema: z.ZodType<Item>): Steps<Item[]> {
    const items: Item[] = [];
    const given = lists?.[list];
    for (const [index, item] of Array.isArray(given) ? given.entries() : []) {
      if (errors.length >= TOLD_ERRORS) break;
      const parsed = schema.safeParse(item);
      if (parsed.success) items.push(parsed.data);
      else errors.push(...fieldErrors(parsed.error, ['body', list, index]));
      yield;
    }
    return items;
  }
  const topology = {
    version: 1 as const,
    nodes: yield* read('nodes', topologyItemSchemas.nodes),
    internalLinks: yield* read('internalLinks', topologyItemSchemas.internalLinks),
    peeringLinks: yield* read('peeringLinks', topologyItemSchemas.peeringLinks),
    attachments: yield* read('attachments', topologyItemSchemas.attachments),
  };
  if (!outline.success) errors.push(...fieldErrors(outline.error, ['body']));
  if (errors.length > 0) throw invalidRequest(errors);
  return topology;
}
