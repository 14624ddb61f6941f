import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problemMediaType } from '../model/errors.js';
import { neededScope } from './auth.js';

/** A request that wrote, or tried to. */
export interface RecordedWrite {
  readonly kind: string | null;
  readonly organisation: string | null;
  readonly actor: string;
  readonly address: string;
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
  readonly bodyDigest: string | null;
  readonly status: number;
  readonly code: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of a body that is too large to be kept, as it came. */
    largeBodyDigest: string | null;
  }
}

/** Of what was sent, as much is kept: larger bodies are manifests, maps and topologies, which their stores keep. */
const MAX_KEPT_BODY_CHARACTERS = 4_096;
/** From here on a body is not written as JSON once more, which takes as long as reading it; none with secrets is as large. */
const LARGE_BODY_BYTES = 64 * 1024;
const MAX_PATH_CHARACTERS = 2_000;
const SECRET_NAMES = /password|secret|token|api-?key|verifier|^(code|current|next)$/i;

/**
 * Tells of each write before its answer is sent: what was answered is recorded. The other way round a crash between both would
 * leave a record of something that may not have happened; this way it leaves a write that nobody was told is done. When it
 * cannot be recorded the answer is an error.
 */
export function registerTrail(app: FastifyInstance, record: (write: RecordedWrite) => void): void {
  app.decorateRequest('largeBodyDigest', null);
  app.addHook('onSend', async (request, reply, payload) => {
    if (isRecorded(request, reply)) record(describe(request, reply, payload));
    return payload;
  });
}

/** Called with each body before it is read. */
export function noteLargeBody(request: FastifyRequest, body: Buffer): void {
  if (body.length <= LARGE_BODY_BYTES || request.routeOptions.config.trail === 'never') return;
  request.largeBodyDigest = createHash('sha256').update(body).digest('hex');
}

/**
 * Calls of people and their keys that write, also those that are refused. Machines that report are known by what they report; and
 * strangers must not be able to fill the disk: they are recorded where a route bounds how often and says who they claim to be.
 */
function isRecorded(request: FastifyRequest, { statusCode }: FastifyReply): boolean {
  const { principal, trailActor, method } = request;
  const trail = request.routeOptions?.config?.trail;
  if (trail === 'never' || statusCode === 429) return false;
  if (trail === 'always') return trailActor !== null || principal !== null;
  if (principal === null || !['operator', 'owner', 'isp'].includes(principal.kind)) return false;
  return !['GET', 'HEAD', 'OPTIONS'].includes(method) && neededScope(request) !== 'read';
}

function describe(request: FastifyRequest, reply: FastifyReply, payload: unknown): RecordedWrite {
  const { principal, trailActor, trailOrganisation, body, largeBodyDigest } = request;
  const { kind = null, id = null } = principal ?? trailOrganisation ?? {};
  const text = largeBodyDigest === null && body != null ? JSON.stringify(withoutSecrets(body)) : undefined;
  return {
    kind,
    organisation: id,
    actor: trailActor ?? principal?.actor ?? 'token',
    address: request.ip,
    method: request.method,
    path: request.url.slice(0, MAX_PATH_CHARACTERS),
    body: text === undefined || text.length > MAX_KEPT_BODY_CHARACTERS ? null : text,
    bodyDigest: text === undefined ? largeBodyDigest : createHash('sha256').update(text).digest('hex'),
    status: reply.statusCode,
    code: codeOf(reply, payload),
  };
}

function codeOf(reply: FastifyReply, payload: unknown): string | null {
  const type = String(reply.getHeader('content-type'));
  if (!type.startsWith(problemMediaType) || typeof payload !== 'string') return null;
  const { code } = JSON.parse(payload) as { code?: unknown };
  return typeof code === 'string' ? code : null;
}

const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === 'string' && SECRET_NAMES.test(name) ? '(not kept)' : withoutSecrets(inner),
    ]),
  );
};
