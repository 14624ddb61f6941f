import { setTimeout as delay } from 'node:timers/promises';
import { type EdgeSource, leavesUrl } from '@fairhop/shared/contract';
import { type Asn, FairhopError, type Manifest, pieceSizeBytes } from '@fairhop/shared/model';
import { type Dispatcher, request } from 'undici';
import type { BlockRequest, BlockSource } from './block-source.js';

/** Until the head of an answer: an edge may have to begin a fill first. */
const HEADERS_TIMEOUT_MS = 15_000;
/** Between two chunks of a body: an edge at its cap serves many in turns. */
const BODY_TIMEOUT_MS = 20_000;
/** An answer that broke is continued where it broke; after this many times in a row without a byte it has failed. */
const MAX_FRUITLESS_CONTINUATIONS = 3;
const CONTINUE_DELAY_MS = 250;
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
  /** A URL of the same edge that is good for longer: it is used from now on. */
  renew(edge: EdgeSource): void;
}

export interface EdgeSourceConfig {
  readonly edge: EdgeSource;
  readonly manifest: Manifest;
  readonly ownIsp: string | null;
}

/** Edges come after every peer. */
const EDGE_COST_CLASS = 1000;

/**
 * An edge as a source: one HTTP request with a range for each request of the download. What an edge sends is paid for, so
 * an answer is read to its end, and one that breaks is continued at the byte where it broke. Requests reject with `edge-failed`
 * (worth another try), `edge-token-refused`, `edge-content-unknown`, `edge-range-refused`, `title-withdrawn` (the source is
 * closed with it), or `aborted`.
 */
export function createEdgeSource(
  { edge: first, manifest, ownIsp }: EdgeSourceConfig,
  { dispatcher }: { dispatcher: Dispatcher },
): EdgeBlockSource {
  let edge = first;
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

  /** Reads one answer, from byte `offset` of the piece on. */
  const readAnswer = async (
    { piece, lengthBytes, signal }: BlockRequest,
    offset: number,
    onChunk: (chunk: Buffer) => void,
  ): Promise<void> => {
    const firstByte = piece * manifest.pieceLengthBytes + offset;
    const lastByte = firstByte + lengthBytes - 1;
    const cut = new AbortController();
    const onAbort = (): void => cut.abort();
    const stop = AbortSignal.any([signal, abortAll.signal]);
    if (stop.aborted) cut.abort();
    stop.addEventListener('abort', onAbort);
    try {
      const response = await get(edge.url, { range: `bytes=${firstByte}-${lastByte}` }, cut.signal);
      const contentRange = String(response.headers['content-range'] ?? '');
      if (response.statusCode !== 206 || !contentRange.startsWith(`bytes ${firstByte}-${lastByte}/`)) {
        response.body.on('error', () => undefined).destroy();
        throw failed(
          `answered ${response.statusCode} "${contentRange}" for bytes ${firstByte} to ${lastByte}`,
        );
      }
      let leftBytes = lengthBytes;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        if (chunk.length > leftBytes) throw failed(`sent more than the bytes ${firstByte} to ${lastByte}`);
        leftBytes -= chunk.length;
        // Nothing is left to save by cutting the connection: the edge shall see that all of it was taken.
        if (leftBytes === 0) stop.removeEventListener('abort', onAbort);
        onChunk(chunk);
      }
      if (leftBytes > 0) throw failed(`ended ${leftBytes} bytes before byte ${lastByte}`);
    } finally {
      stop.removeEventListener('abort', onAbort);
    }
  };

  const fetchRange = async (blockRequest: BlockRequest): Promise<void> => {
    const { offset, lengthBytes, onData, signal } = blockRequest;
    let next = offset;
    for (let fruitless = 0; next < offset + lengthBytes; ) {
      const before = next;
      try {
        const rest = { ...blockRequest, lengthBytes: offset + lengthBytes - next };
        await readAnswer(rest, next, (chunk) => {
          onData(next, chunk);
          next += chunk.length;
        });
      } catch (error) {
        fruitless = next > before ? 0 : fruitless + 1;
        const isOver = signal.aborted || abortAll.signal.aborted;
        if (isOver || next === offset || fruitless > MAX_FRUITLESS_CONTINUATIONS) throw error;
        await delay(CONTINUE_DELAY_MS, undefined, { signal: AbortSignal.any([signal, abortAll.signal]) });
      }
    }
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
    edge: first.edge,
    kind: 'edge',
    get transferId() {
      return edge.transferId;
    },
    renew: (renewed) => {
      edge = renewed;
    },
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
          // A signal of its own: each request listens to it, and as many may run as pieces are under way.
          const signal = AbortSignal.any([abortAll.signal]);
          const response = await get(leavesUrl(edge.url, piece), {}, signal);
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
    keepReceipt: () => undefined,
    onChange: undefined,
    close,
    closed,
  };
}
