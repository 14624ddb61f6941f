import { randomUUID } from 'node:crypto';
import {
  accountingEndpoints,
  coordinatorEndpoints,
  type EdgeBudgets,
  type EdgeLimit,
  type EdgeTransfer,
  REPORT_SIGNATURE_HEADER,
} from '@fairhop/shared/contract';
import {
  createContentHasher,
  createIdentity,
  edgeProofBytes,
  type Identity,
  publicKeySet,
  reportBytes,
  signToken,
  verify,
} from '@fairhop/shared/crypto';
import {
  type ContentId,
  type EdgeTransferRecord,
  edgeUrlClaimsSchema,
  FairhopError,
  type Manifest,
  type Origin,
  type ReportBatch,
  type Title,
  tokenType,
} from '@fairhop/shared/model';
import {
  type Clock,
  createHttpService,
  createLog,
  route,
  type Service,
  systemClock,
} from '@fairhop/shared/service';
import type { FastifyContextConfig, FastifyInstance, FastifyRequest } from 'fastify';

/** A coordinator and accounting service in small: contract endpoints with real signatures over state in memory. */
export interface TestCoordinator extends Service {
  readonly url: string;
  readonly identity: Identity;
  readonly joinToken: string;
  /** Records that accounting took, each message once. */
  readonly records: EdgeTransferRecord[];
  readonly sourceRequests: () => number;
  publish(
    bytes: Uint8Array,
    origin: Origin,
    options?: { pieceLengthBytes?: number; mediaType?: string; fileName?: string },
  ): Title & { manifest: Manifest };
  withdraw(contentId: ContentId): void;
  /** What an edge told of its transfers last. */
  readonly transfers: readonly EdgeTransfer[];
  /** What heartbeats are answered with. */
  limitsOf: ((transfers: readonly EdgeTransfer[]) => EdgeLimit[]) | undefined;
  budgetsOf: ((transfers: readonly EdgeTransfer[]) => EdgeBudgets) | undefined;
  /** While true every report is refused. */
  refuseReports: boolean;
  /** A URL token; `overrides` of claims, `by` another signer. */
  token(
    contentId: ContentId,
    options?: { claims?: Record<string, unknown>; by?: Identity; type?: string },
  ): Promise<string>;
}

/** What the service kit keeps on routes with `config.rawBody`. */
type RequestWithBody = FastifyRequest & { rawBody: Buffer };

export const silentLog = createLog({ name: 'test', level: 'silent' });

export function manifestOf(bytes: Uint8Array, pieceLengthBytes = 256 * 1024): Manifest {
  const hasher = createContentHasher({ sizeBytes: bytes.length, pieceLengthBytes });
  hasher.update(bytes);
  return hasher.finish();
}

export function createTestCoordinator({
  edge = 'edge',
  port = 0,
  clock = systemClock,
}: {
  edge?: string;
  port?: number;
  /** Edges go by it too. */
  clock?: Clock;
} = {}): TestCoordinator {
  const identity = createIdentity();
  const id = 'test-coordinator';
  const kid = 'main';
  const joinToken = randomUUID();
  const published = new Map<ContentId, { manifest: Manifest; title: Title; origin: Origin }>();
  const changes: { contentId: ContentId; state: 'published' | 'withdrawn' }[] = [];
  const records: EdgeTransferRecord[] = [];
  const seen = new Set<string>();
  let sourceRequests = 0;
  let transfers: readonly EdgeTransfer[] = [];
  let edgeKey: string | undefined;
  let lastProofMs = 0;
  let isJoinTokenUsed = false;
  const http = createHttpService({
    name: 'test-coordinator',
    host: '127.0.0.1',
    port,
    log: silentLog,
    bodyLimitBytes: 32 * 1024 * 1024,
    stopGraceMs: 0,
  });
  const access = async (): Promise<{ accessToken: string; expiresMs: number }> => {
    const exp = Math.floor(clock.nowMs() / 1000) + 600;
    const claims = { iss: id, aud: 'fairhop', iat: exp - 600, exp, role: 'edge', sub: edgeKey, edge };
    return {
      accessToken: await signToken({ claims, identity, kid, type: tokenType.access }),
      expiresMs: exp * 1000,
    };
  };
  const checkProof = (body: { url: string; timeMs: number; signature: string }, key: string): void => {
    const bytes = edgeProofBytes({ coordinator: id, edge, url: body.url, timeMs: body.timeMs });
    if (body.timeMs <= lastProofMs) {
      throw new FairhopError('edge-proof-replayed', 'the proof was used before', { status: 409 });
    }
    lastProofMs = body.timeMs;
    if (verify(key, bytes, Buffer.from(body.signature, 'base64url'))) return;
    throw new FairhopError('proof-forged', 'the proof is not by the edge', { status: 403 });
  };
  const requireAccess = (request: FastifyRequest): void => {
    if (request.headers.authorization?.startsWith('Bearer ey')) return;
    throw new FairhopError('unauthenticated', 'no access token', { status: 401 });
  };
  const coordinator: TestCoordinator = {
    identity,
    joinToken,
    records,
    refuseReports: false,
    limitsOf: undefined,
    budgetsOf: undefined,
    get transfers() {
      return transfers;
    },
    sourceRequests: () => sourceRequests,
    get url() {
      return http.url;
    },
    start: () => http.start(),
    stop: () => http.stop(),
    publish: (bytes, origin, { pieceLengthBytes, mediaType = 'video/mp4', fileName = 'film.mp4' } = {}) => {
      const manifest = manifestOf(bytes, pieceLengthBytes);
      const title: Title = {
        id: `studio/${manifest.contentId.slice(0, 12)}`,
        owner: 'studio',
        name: manifest.contentId.slice(0, 12),
        fileName,
        category: 'video',
        mediaType,
        metadata: {},
        contentId: manifest.contentId,
        sizeBytes: bytes.length,
        origin,
        rules: { peersAllowed: true },
        state: 'published',
        publishedMs: clock.nowMs(),
      };
      // A new content is no change to what an edge may have.
      if (published.has(manifest.contentId))
        changes.push({ contentId: manifest.contentId, state: 'published' });
      published.set(manifest.contentId, { manifest, title, origin });
      return { ...title, manifest };
    },
    withdraw: (contentId) => {
      changes.push({ contentId, state: 'withdrawn' });
    },
    token: (contentId, { claims = {}, by = identity, type = tokenType.edgeUrl } = {}) => {
      const iat = Math.floor(clock.nowMs() / 1000);
      const title = published.get(contentId)?.title;
      const all = edgeUrlClaimsSchema.parse({
        jti: randomUUID(),
        iss: id,
        aud: edge,
        iat,
        exp: iat + 600,
        content: contentId,
        title: title?.id ?? 'studio/unknown',
        category: 'video',
        sizeBytes: title?.sizeBytes ?? 1,
        ...claims,
      });
      return signToken({ claims: all, identity: by, kid, type });
    },
  };
  http.routes((typed) => {
    const app = typed as unknown as FastifyInstance;
    route(app, coordinatorEndpoints.info, {}, () => ({
      id,
      publicKey: identity.key,
      timeMs: clock.nowMs(),
      accountingUrl: http.url,
    }));
    route(app, coordinatorEndpoints.jwks, {}, () => publicKeySet([{ kid, key: identity.key }]));
    route(app, coordinatorEndpoints.registerEdge, {}, async ({ body }) => {
      if (body.joinToken !== joinToken || isJoinTokenUsed) {
        throw new FairhopError('join-token-unknown', 'the join token is unknown or used', { status: 403 });
      }
      checkProof(body, body.key);
      isJoinTokenUsed = true;
      edgeKey = body.key;
      return access();
    });
    route(app, coordinatorEndpoints.edgeHeartbeat, {}, async ({ body }) => {
      if (edgeKey === undefined) throw new FairhopError('edge-unknown', 'no such edge', { status: 404 });
      checkProof(body, edgeKey);
      transfers = body.transfers ?? [];
      const limits = coordinator.limitsOf?.(transfers);
      return {
        ...(await access()),
        ...(limits && { limits }),
        ...(coordinator.budgetsOf && { budgets: coordinator.budgetsOf(transfers) }),
        changes: changes.slice(body.withdrawnRevision),
        withdrawnRevision: changes.length,
        accountingUrl: http.url,
      };
    });
    route(app, coordinatorEndpoints.getContentSource, {}, ({ params, request }) => {
      requireAccess(request);
      sourceRequests += 1;
      const source = published.get(params.contentId);
      if (source !== undefined) return source;
      throw new FairhopError('content-unknown', `content ${params.contentId} is unknown`, { status: 404 });
    });
    const keepsBody = { config: { rawBody: true } as FastifyContextConfig };
    route(app, accountingEndpoints.report, keepsBody, ({ body, request }) => {
      requireAccess(request);
      if (coordinator.refuseReports) throw new FairhopError('busy', 'not now', { status: 503 });
      const signature = Buffer.from(String(request.headers[REPORT_SIGNATURE_HEADER] ?? ''), 'base64url');
      if (
        body.reporter !== edgeKey ||
        !verify(edgeKey, reportBytes((request as RequestWithBody).rawBody), signature)
      ) {
        throw new FairhopError('batch-forged', 'not signed by the edge', { status: 403 });
      }
      return book(body);
    });
  });
  const book = (batch: ReportBatch): { accepted: number; duplicates: number; rejected: [] } => {
    let accepted = 0;
    for (const { sequence, record } of batch.messages) {
      const key = `${batch.incarnation} ${sequence}`;
      if (seen.has(key) || record.type !== 'edge-transfer') continue;
      seen.add(key);
      records.push(record);
      accepted += 1;
    }
    return { accepted, duplicates: batch.messages.length - accepted, rejected: [] };
  };
  return coordinator;
}
