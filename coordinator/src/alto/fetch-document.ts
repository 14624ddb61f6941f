import { altoMediaType, FairhopError, MAX_ALTO_DOCUMENT_BYTES } from '@fairhop/shared/model';
import { type Dispatcher, request } from 'undici';

/** What a server answered about one document. */
export interface FetchedDocument {
  /** Undefined: the one of `etag` holds still. */
  readonly json: unknown;
  readonly etag?: string;
  /** By Cache-Control; undefined when it says nothing. */
  readonly maxAgeMs: number | undefined;
}

export interface FetchOptions {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly etag?: string | undefined;
}

const accept = Object.values(altoMediaType).join(', ');

/** Throws FairhopError (422: the URL that was given is wrong, or its server) `alto-unreachable`, `alto-refused` (its status is no 200 or 304), `alto-too-large`, `alto-malformed`. */
export async function fetchDocument(
  url: string,
  { dispatcher, signal, etag }: FetchOptions,
): Promise<FetchedDocument> {
  let response: Dispatcher.ResponseData;
  let text: string;
  try {
    // Redirects are not followed: what is fetched is what the ISP named.
    response = await request(url, {
      dispatcher,
      signal,
      headers: { accept, ...(etag !== undefined && { 'if-none-match': etag }) },
    });
    const { statusCode } = response;
    if (statusCode !== 200 && !(statusCode === 304 && etag !== undefined)) {
      response.body.on('error', () => undefined).destroy();
      throw failure('alto-refused', `${url} answered ${statusCode}; 200 with a map is right`);
    }
    text = await readText(url, response.body);
  } catch (cause) {
    if (cause instanceof FairhopError) throw cause;
    // Without the reason: it would tell an ISP which hosts and ports there are. The log has it.
    throw failure(
      'alto-unreachable',
      `${url} cannot be read; the URL of a public server that answers is right`,
      cause,
    );
  }
  const { 'cache-control': cacheControl, etag: newEtag } = response.headers;
  const maxAgeMs = maxAgeOf(String(cacheControl ?? ''));
  if (response.statusCode === 304) return { json: undefined, maxAgeMs };
  return {
    json: parse(url, text),
    // Longer ones than any server makes are as good as none.
    ...(typeof newEtag === 'string' && newEtag.length <= 200 && { etag: newEtag }),
    maxAgeMs,
  };
}

async function readText(url: string, body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_ALTO_DOCUMENT_BYTES) {
      throw failure('alto-too-large', `${url} has more than ${MAX_ALTO_DOCUMENT_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(url: string, text: string): unknown {
  try {
    return JSON.parse(text) ?? null;
  } catch (cause) {
    throw failure('alto-malformed', `${url} is not JSON`, cause);
  }
}

/** Directives of RFC 9111 section 5.2.2. */
function maxAgeOf(cacheControl: string): number | undefined {
  if (/\bno-(?:store|cache)\b/i.test(cacheControl)) return 0;
  const match = /\bmax-age="?(\d{1,9})/i.exec(cacheControl);
  return match ? Number(match[1]) * 1_000 : undefined;
}

const failure = (code: string, message: string, cause?: unknown): FairhopError =>
  new FairhopError(code, message, { status: 422, cause });
