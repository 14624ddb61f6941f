import {
  altoCostMapSchema,
  altoDirectorySchema,
  altoNetworkMapSchema,
  FairhopError,
  fieldErrors,
} from '@fairhop/shared/model';
import { findAltoMaps } from '@fairhop/shared/net';
import type { z } from 'zod';
import type { AltoDocument, AltoDocuments, AltoSource } from './alto-store.js';
import { type FetchedDocument, type FetchOptions, fetchDocument } from './fetch-document.js';

export interface FetchedMaps {
  /** Those known before, the same objects, where they hold still. */
  readonly documents: AltoDocuments;
  /** The shortest that any of them is good for; undefined where none says. */
  readonly maxAgeMs: number | undefined;
}

/**
 * Fetches an ISP's maps: from the directory at its URL, or from the two URLs that it named. Known documents are asked for on the
 * condition that they changed. Throws what `fetchDocument` and `findAltoMaps` throw, and `alto-malformed` (422).
 */
export async function fetchMaps(
  { url, costMapUrl }: Required<Pick<AltoSource, 'url'>> & AltoSource,
  known: AltoDocuments | undefined,
  options: Omit<FetchOptions, 'etag'>,
): Promise<FetchedMaps> {
  const ages: (number | undefined)[] = [];
  const get = async (from: string, before: AltoDocument<unknown> | undefined): Promise<FetchedDocument> => {
    const etag = before?.url === from ? before.etag : undefined;
    const fetched = await fetchDocument(from, { ...options, etag });
    ages.push(fetched.maxAgeMs);
    return fetched;
  };
  const first = await get(url, known?.networkMap);
  // What it is shows in the document: many servers of files call every JSON application/json.
  const isDirectory = typeof first.json === 'object' && first.json !== null && 'resources' in first.json;
  const places = isDirectory
    ? findAltoMaps(read(url, altoDirectorySchema, first.json), url)
    : { networkMapUrl: url, costMapUrl: requireCostMapUrl(url, costMapUrl) };
  const networkMap = isDirectory ? await get(places.networkMapUrl, known?.networkMap) : first;
  const costMap = await get(places.costMapUrl, known?.costMap);
  const given = ages.filter((age) => age !== undefined);
  return {
    documents: {
      networkMap: documentOf(places.networkMapUrl, altoNetworkMapSchema, networkMap, known?.networkMap),
      costMap: documentOf(places.costMapUrl, altoCostMapSchema, costMap, known?.costMap),
    },
    maxAgeMs: given.length === 0 ? undefined : Math.min(...given),
  };
}

function documentOf<Content>(
  url: string,
  schema: z.ZodType<Content>,
  { json, etag }: FetchedDocument,
  known: AltoDocument<Content> | undefined,
): AltoDocument<Content> {
  if (json === undefined && known) return known;
  return { url, ...(etag !== undefined && { etag }), content: read(url, schema, json) };
}

function read<Content>(url: string, schema: z.ZodType<Content>, json: unknown): Content {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = fieldErrors(parsed.error).slice(0, 100);
  const told = errors.slice(0, 5).map(({ path, message }) => `${path || 'the whole'}: ${message}`);
  throw new FairhopError('alto-malformed', `${url}: ${told.join('; ')}`.slice(0, 1_000), {
    status: 422,
    errors,
  });
}

function requireCostMapUrl(url: string, costMapUrl: string | undefined): string {
  if (costMapUrl !== undefined) return costMapUrl;
  const message = `${url} is no ALTO directory; name the cost map's URL beside the network map's, or a directory`;
  throw new FairhopError('alto-cost-map-missing', message, { status: 422 });
}
