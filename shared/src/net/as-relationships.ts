import type { AsGraph } from './as-graph.js';
import { type AsLink, asnSchema } from './as-graph-schema.js';
import { readFileBytes } from './mrt/file-bytes.js';
import { MrtError } from './mrt/mrt-error.js';
import { NetError, quoteForMessage } from './net-error.js';
import { type AsPaths, createAsPaths } from './valley-free.js';

/** Three times the links that CAIDA lists, serial-2 included; some 100 bytes each. */
const maximumLinks = 2_000_000;
/** Lines of the same many links with long names of their source, and comments. */
const maximumBytes = 256 * 1024 * 1024;
/** Far beyond the longest line: CAIDA's comments name a few hundred ASes of a clique. */
const maximumLineLength = 64 * 1024;

/**
 * Relationships of ASes in CAIDA's formats: serial-1 `provider|customer|-1` and `peer|peer|0`, serial-2 with the source as a fourth
 * column; `#` begins a comment; plain, gzip or bzip2. Of one pair, the first line counts.
 * Throws NetError `as-relationships-unreadable` or `as-relationships-malformed`.
 */
export async function readAsRelationships(path: string): Promise<AsLink[]> {
  const links: AsLink[] = [];
  const pairs = new Set<string>();
  let number = 0;
  try {
    for await (const line of linesOf(path)) {
      number += 1;
      const link = readLine(line);
      if (link === undefined) continue;
      const pair = pairOf(link);
      if (pairs.has(pair)) continue;
      if (links.length === maximumLinks) throw new Error(`it has more than ${maximumLinks} links`);
      pairs.add(pair);
      links.push(link);
    }
  } catch (cause) {
    const isUnreadable = cause instanceof MrtError && cause.code === 'mrt-unreadable';
    const code = isUnreadable ? 'as-relationships-unreadable' : 'as-relationships-malformed';
    const place = isUnreadable ? path : `${path}, after line ${Math.max(0, number - 1)}`;
    throw new NetError(code, `AS relationships ${place}: ${(cause as Error).message}`, { cause });
  }
  return links;
}

/**
 * Ways over the operator's links and, between ASes of which these say nothing, over further ones. Made when first asked for: the
 * whole Internet's take half a second.
 */
export function createFurtherAsPaths(
  graph: Pick<AsGraph, 'ases' | 'links'>,
  further: readonly AsLink[],
): AsPaths {
  let paths: AsPaths | undefined;
  const make = (): AsPaths => {
    const known = new Set(graph.links.map(pairOf));
    const links = [...graph.links, ...further.filter((link) => !known.has(pairOf(link)))];
    return createAsPaths({ ases: graph.ases, links });
  };
  return {
    path(source, destination) {
      if (further.length === 0) return undefined;
      paths ??= make();
      return paths.path(source, destination);
    },
  };
}

const pairOf = ({ from, to }: AsLink): string => `${Math.min(from, to)} ${Math.max(from, to)}`;

async function* linesOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of readFileBytes(path, { maximumBytes })) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > maximumLineLength)
      throw new Error(`a line is longer than ${maximumLineLength} characters`);
    yield* lines;
  }
  yield rest;
}

function readLine(line: string): AsLink | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const [, left, right, kind] = /^(\d{1,10})\|(\d{1,10})\|(-1|0)(?:\|[\w,.-]+)?$/.exec(text) ?? [];
  const [first, second] = [asnSchema.safeParse(Number(left)), asnSchema.safeParse(Number(right))];
  if (!first.success || !second.success || first.data === second.data)
    throw new Error(`${quoteForMessage(text)} is no relationship; 64500|64501|-1 or 64501|64502|0 is right`);
  return kind === '0'
    ? { from: first.data, to: second.data, relationship: 'peer' }
    : { from: second.data, to: first.data, relationship: 'customer-of' };
}
