import { type EdgeSource, leavesUrl } from '@fairhop/shared/contract';
import { type Asn, FairhopError, type Manifest, pieceSizeBytes } from '@fairhop/shared/model';
import { type Dispatcher, request } from 'undici';
import type { BlockRequest, BlockSource } from './block-source.js';

/** Until the head of an answer: an edge may have to begin a fill first. */
const HEADERS_TIMEOUT_MS = 15_000;
/** Between two chunks of a body: an edge at its cap serves many in turns. */
const BODY_TIMEOUT_MS = 20_000;
/** Leaf layer of the longest piece: 1,024 hashes of 32 bytes. */
const MAX_LEAVES_BYTES = 32 * 1024;

/** Statuses after which asking this URL again is of no use, and what the source is closed with. */
const finalStatuses: Readonly<Record<number, string>> = {
  401: 'edge-token-refused',
  403: 'edge-token-refused',
  404: 'edge-content-unknown',
  410: 'title-withdrawn',
  416: 'edge-range-refused',
};

export interface EdgeBlockSource extends BlockSource {
  readonly edge: string;
  /** The block hashes of a piece, as the edge states them. */
  leaves(piece: number): Promise<Uint8Array>;
}

export interface EdgeSourceConfig {
  readonly edge: EdgeSource;
  readonly manifest: Manifest;
  readonly ownIsp: string | null;
}

/** Edges come after every peer. */
const EDGE_COST_CLASS = 1000;

/**
 * An edge as a source: one HTTP request with a range for each request of the download. Requests reject with `edge-failed`
 * (worth another try), `edge-token-refused`, `edge-content-unknown`, `edge-range-refused`, `title-withdrawn` (the source is
 * closed with it), or `aborted`.
 */
export function createEdgeSource(
  { edge, manifest, ownIsp }: EdgeSourceConfig,
  { dispatcher }: { dispatcher: Dispatcher },
): EdgeBlockSource {
  const abortAll = new AbortController();
  let settle: (reason: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const close = (reason: string): void => {
    settle(reason);
    abortAll.abort();
  };

  const get = async (
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> => {
    const response = await request(url, {
      dispatcher,
      headers: { 'accept-encoding': 'identity', ...headers },
      signal,
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: BODY_TIMEOUT_MS,
    });
    const { statusCode } = response;
    if (statusCode >= 200 && statusCode <= 299) return response;
    response.body.on('error', () => undefined).destroy();
    const code = finalStatuses[statusCode] ?? 'edge-failed';
    if (code !== 'edge-failed') close(code);
    throw new FairhopError(
      code,
      `Edge ${edge.edge} answered ${statusCode} for content ${manifest.contentId}`,
    );
  };

  const fetchRange = async ({ piece, offset, lengthBytes, onData, signal }: BlockRequest): Promise<void> => {
    const first = piece * manifest.pieceLengthBytes + offset;
    const last = first + lengthBytes - 1;
    const response = await get(
      edge.url,
      { range: `bytes=${first}-${last}` },
      AbortSignal.any([signal, abortAll.signal]),
    );
    const contentRange = String(response.headers['content-range'] ?? '');
    if (response.statusCode !== 206 || !contentRange.startsWith(`bytes ${first}-${last}/`)) {
      response.body.on('error', () => undefined).destroy();
      throw failed(`answered ${response.statusCode} "${contentRange}" for bytes ${first} to ${last}`);
    }
    let next = offset;
    const end = offset + lengthBytes;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      if (next + chunk.length > end) throw failed(`sent more than the bytes ${first} to ${last}`);
      onData(next, chunk);
      next += chunk.length;
    }
    if (next < end) throw failed(`ended ${end - next} bytes before byte ${last}`);
  };

  const failed = (what: string, cause?: unknown): FairhopError =>
    new FairhopError('edge-failed', `Edge ${edge.edge} ${what}`, { status: 502, cause });

  const typed = async <Result>(work: Promise<Result>, signal?: AbortSignal): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof FairhopError) throw error;
      if (signal?.aborted || abortAll.signal.aborted) {
        throw new FairhopError('aborted', `The request to edge ${edge.edge} was aborted`, { cause: error });
      }
      throw failed(`cannot be read from (${error instanceof Error ? error.message : String(error)})`, error);
    }
  };

  return {
    id: `edge:${edge.edge}`,
    edge: edge.edge,
    kind: 'edge',
    transferId: edge.transferId,
    network: {
      asn: edge.asn as Asn | null,
      isp: edge.isp,
      onNet: edge.isp !== null && edge.isp === ownIsp,
      costClass: EDGE_COST_CLASS,
    },
    holds: () => true,
    request: (blockRequest) => typed(fetchRange(blockRequest), blockRequest.signal),
    leaves: (piece) =>
      typed(
        (async () => {
          const response = await get(leavesUrl(edge.url, piece), {}, abortAll.signal);
          const chunks: Buffer[] = [];
          let size = 0;
          for await (const chunk of response.body as AsyncIterable<Buffer>) {
            size += chunk.length;
            if (size > MAX_LEAVES_BYTES || size > pieceSizeBytes(manifest, piece))
              throw failed('sent a leaf layer that is too long');
            chunks.push(chunk);
          }
          return Buffer.concat(chunks);
        })(),
      ),
    // What an edge served is counted at the edge.
    acknowledge: () => undefined,
    onChange: undefined,
    close,
    closed,
  };
}
