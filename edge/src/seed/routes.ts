import { leafLayer } from '@fairhop/shared/crypto';
import {
  type ContentId,
  contentIdSchema,
  type EdgeUrlClaims,
  FairhopError,
  hostId,
  type PublicKey,
  pieceCount,
} from '@fairhop/shared/model';
import type { Clock, HttpApp, Logger } from '@fairhop/shared/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Cache, HeldPiece } from '../cache/cache.js';
import { pieceBounds } from '../cache/origin-run.js';
import type { ContentSource } from '../content-source.js';
import type { BudgetRefusals } from '../limits/budget-refusals.js';
import type { TransferLimits } from '../limits/transfer-limits.js';
import { plainAddress } from '../plain-address.js';
import type { TransferFacts } from '../report/part-meter.js';
import { decideAnswer } from './conditional.js';
import { contentHeaders, etagOf } from './content-headers.js';
import type { ByteRange } from './range.js';
import type { RunningResponse, RunningResponses } from './responses.js';
import { sendBody } from './send-body.js';
import type { UrlTokens } from './url-token.js';

export interface SeedDependencies {
  cache: Cache;
  tokens: UrlTokens;
  running: RunningResponses;
  limits: Pick<TransferLimits, 'openFlow'>;
  refusals: Pick<BudgetRefusals, 'admit'>;
  clock: Clock;
  log: Logger;
  edgeKey: PublicKey;
  writeTimeoutMs: number;
  /** Throws `title-withdrawn` (410). */
  sourceOf(contentId: ContentId): Promise<ContentSource>;
  report(facts: TransferFacts, bytes: number, sinceMs: number, nowMs: number): void;
}

const querySchema = z.object({ token: z.string().optional() });
const contentParams = z.object({ contentId: contentIdSchema });
const fileParams = contentParams.extend({ fileName: z.string().min(1) });
const leavesParams = contentParams.extend({ piece: z.coerce.number().int().min(0) });

/** Contents to whoever has a token, and the block hashes of their pieces. */
export function addSeedRoutes(app: HttpApp, dependencies: SeedDependencies): void {
  const summary = 'Bytes of a content, whole or a range (RFC 9110); the token comes with the URL';
  for (const [url, params] of [
    ['/c/:contentId', contentParams],
    ['/c/:contentId/:fileName', fileParams],
  ] as const) {
    app.route({
      method: ['GET', 'HEAD'],
      url,
      schema: { summary, params, querystring: querySchema },
      handler: (request, reply) =>
        serveContent(request, reply, request.params.contentId, request.query.token, dependencies),
    });
  }
  app.route({
    method: 'GET',
    url: '/c/:contentId/leaves/:piece',
    schema: {
      summary: 'SHA-256 of each 16 KiB block of a piece, 32 bytes each',
      params: leavesParams,
      querystring: querySchema,
    },
    handler: (request, reply) =>
      serveLeaves(reply, request.params.contentId, request.params.piece, request.query.token, dependencies),
  });
}

async function serveContent(
  request: FastifyRequest,
  reply: FastifyReply,
  contentId: ContentId,
  token: string | undefined,
  dependencies: SeedDependencies,
): Promise<unknown> {
  const claims = await dependencies.tokens.check(token, contentId);
  const source = await dependencies.sourceOf(contentId);
  const { sizeBytes } = source.manifest;
  const answer = decideAnswer(request.method, request.headers, { etag: etagOf(source), sizeBytes });
  const headers = contentHeaders(source, answer);
  if (answer.status === 304) return reply.code(304).headers(headers).send();
  if (answer.status === 412) {
    throw new FairhopError('etag-mismatch', `If-Match names another ETag than ${etagOf(source)}`, {
      status: 412,
    });
  }
  if (answer.range === undefined) {
    reply.headers(headers);
    const message = `Range ${request.headers.range} lies outside the content of ${sizeBytes} bytes`;
    throw new FairhopError('range-not-satisfiable', message, { status: 416 });
  }
  if (request.method === 'HEAD') {
    reply.hijack();
    reply.raw.writeHead(answer.status, headers).end();
    return reply;
  }
  const running = dependencies.running.add(
    contentId,
    plainAddress(request.raw.socket.remoteAddress),
    claims.jti,
  );
  try {
    await stream(
      { request, reply, claims, source, status: answer.status, range: answer.range, headers },
      running,
      dependencies,
    );
  } finally {
    running.remove();
  }
  return reply;
}

interface Streaming {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly claims: EdgeUrlClaims;
  readonly source: ContentSource;
  readonly status: 200 | 206;
  readonly range: ByteRange;
  readonly headers: Record<string, string | number>;
}

/** Errors before the first byte are answered as problems; after it only an early end can tell. */
async function stream(
  { request, reply, claims, source, status, range, headers }: Streaming,
  running: RunningResponse,
  { cache, limits, refusals, clock, report, edgeKey, writeTimeoutMs, log }: SeedDependencies,
): Promise<void> {
  const response = reply.raw;
  const { manifest } = source;
  const facts = factsOf(request, claims, edgeKey);
  const onClose = (): void => running.abort(clientGone);
  response.once('close', onClose);
  const reader = cache.openReader(source, range);
  try {
    // Before the coordinator is asked: it is told of transfers that have a flow.
    const flow = limits.openFlow(claims, facts.destinationAddress);
    await refusals.admit(claims, running.signal);
    const firstPiece = await reader.piece(
      Math.floor(range.fromByte / manifest.pieceLengthBytes),
      running.signal,
    );
    reply.hijack();
    response.writeHead(status, headers);
    let sinceMs = clock.nowMs();
    const onFlushed = (bytes: number): void => {
      const nowMs = clock.nowMs();
      report(facts, bytes, sinceMs, nowMs);
      sinceMs = nowMs;
    };
    try {
      await sendBody({
        manifest,
        range,
        reader,
        firstPiece,
        response,
        flow,
        signal: running.signal,
        writeTimeoutMs,
        onFlushed,
      });
    } catch (error) {
      if (error !== clientGone)
        log.info({ err: error, content: manifest.contentId }, 'a response ended early');
      response.destroy();
    }
  } finally {
    response.off('close', onClose);
    reader.close();
  }
}

const clientGone = new FairhopError('client-gone', 'the client closed the connection', { status: 499 });

function factsOf(request: FastifyRequest, claims: EdgeUrlClaims, edgeKey: PublicKey): TransferFacts {
  const { remoteAddress, localAddress } = request.raw.socket;
  const destinationAddress = plainAddress(remoteAddress);
  return {
    kind: 'edge-to-client',
    transferId: claims.jti,
    source: hostId(edgeKey),
    sourceAddress: plainAddress(localAddress),
    destination: hostId(claims.client ?? destinationAddress),
    destinationAddress,
    content: claims.content,
    title: claims.title,
    category: claims.category,
    sizeBytes: claims.sizeBytes,
  };
}

/** Hashes are control data: they are not payload, and not reported. */
async function serveLeaves(
  reply: FastifyReply,
  contentId: ContentId,
  piece: number,
  token: string | undefined,
  { cache, tokens, running, sourceOf }: SeedDependencies,
): Promise<unknown> {
  const { jti } = await tokens.check(token, contentId);
  const source = await sourceOf(contentId);
  const pieces = pieceCount(source.manifest);
  if (piece >= pieces) {
    throw new FairhopError(
      'piece-unknown',
      `content ${contentId} has pieces 0 to ${pieces - 1}, not ${piece}`,
      {
        status: 404,
      },
    );
  }
  const response = running.add(contentId, plainAddress(reply.raw.socket?.remoteAddress), jti);
  const onClose = (): void => response.abort(clientGone);
  reply.raw.once('close', onClose);
  const reader = cache.openReader(source, pieceBounds(source.manifest, piece));
  let held: HeldPiece | undefined;
  try {
    held = await reader.piece(piece, response.signal);
    const bytes = Buffer.allocUnsafe(held.sizeBytes);
    await held.readInto(bytes, 0);
    const leaves = leafLayer(bytes);
    return reply
      .header('cache-control', 'private, max-age=86400, immutable')
      .type('application/octet-stream')
      .send(leaves);
  } finally {
    reply.raw.off('close', onClose);
    await held?.release();
    reader.close();
    response.remove();
  }
}
