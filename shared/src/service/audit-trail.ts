import { createHash } from 'node:crypto';
import { type AuditEntry, auditTrailEndpoints } from '../contract/audit-trail-api.js';
import type { Authenticator, Principal } from './auth.js';
import type { Clock } from './clock.js';
import type { HttpApp } from './http-app.js';
import type { RecordedWrite } from './http-trail.js';
import { route } from './route.js';
import { openDatabase } from './sqlite.js';

export interface AuditTrailFilter {
  readonly afterId: number;
  readonly limit: number;
  readonly actor?: string | undefined;
  /** Undefined: of all. */
  readonly organisation?: { readonly kind: string; readonly id: string } | undefined;
}

export interface AuditTrail {
  /** It is on disk when this returns. */
  record(write: RecordedWrite): void;
  /** The oldest first. */
  list(filter: AuditTrailFilter): AuditEntry[];
  close(): void;
}

/** What comes before the first entry. */
const NO_DIGEST = '0'.repeat(64);

const migrations = [
  `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    timeMs INTEGER NOT NULL,
    kind TEXT,
    organisation TEXT,
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    body TEXT,
    bodyDigest TEXT,
    status INTEGER NOT NULL,
    code TEXT,
    previousDigest TEXT NOT NULL,
    digest TEXT NOT NULL
  ) STRICT;
  CREATE INDEX entries_by_organisation ON entries (kind, organisation, id);
  CREATE INDEX entries_by_actor ON entries (actor, id);
  CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  CREATE TRIGGER entries_remain BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
  `,
];

/**
 * Writes of a service in a file of their own: appended, never changed, each with the digest of the one before, so that whoever
 * noted one digest can tell later whether anything up to it was changed. People write little: nothing is ever removed.
 * Throws as `openDatabase`.
 */
export function openAuditTrail(file: string, clock: Clock): AuditTrail {
  const database = openDatabase(file, migrations, { synchronous: 'FULL' });
  const insert = database.prepare(
    `INSERT INTO entries VALUES (@id, @timeMs, @kind, @organisation, @actor, @address, @method, @path, @body, @bodyDigest,
      @status, @code, @previousDigest, @digest)`,
  );
  const selectLast = database.prepare<[], { id: number; digest: string }>(
    'SELECT id, digest FROM entries ORDER BY id DESC LIMIT 1',
  );
  const append = database.transaction((write: RecordedWrite) => {
    const last = selectLast.get();
    const entry = {
      id: (last?.id ?? 0) + 1,
      timeMs: clock.nowMs(),
      ...write,
      previousDigest: last?.digest ?? NO_DIGEST,
    };
    insert.run({ ...entry, digest: auditDigest(entry) });
  });
  return {
    record: (write) => {
      append.immediate(write);
    },
    list({ afterId, limit, actor, organisation }) {
      const where = [
        'id > @afterId',
        ...(actor === undefined ? [] : ['actor = @actor']),
        ...(organisation === undefined ? [] : ['kind = @kind AND organisation = @organisation']),
      ];
      return database
        .prepare(`SELECT * FROM entries WHERE ${where.join(' AND ')} ORDER BY id LIMIT @limit`)
        .all({
          afterId,
          limit,
          actor,
          kind: organisation?.kind,
          organisation: organisation?.id,
        }) as AuditEntry[];
    },
    close: () => {
      database.close();
    },
  };
}

/** SHA-256 over an entry's fields before its digest, in the order of the schema, as a JSON array. */
export function auditDigest(entry: Omit<AuditEntry, 'digest'>): string {
  const { id, timeMs, kind, organisation, actor, address, method, path } = entry;
  const { body, bodyDigest, status, code, previousDigest } = entry;
  const fields = [
    ...[id, timeMs, kind, organisation, actor, address, method, path],
    ...[body, bodyDigest, status, code, previousDigest],
  ];
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}

/** `GET /v1/audit-trail`: all of it for the operator, for others what their own organisation did. */
export function addAuditTrailRoute(
  app: HttpApp,
  { auth, trail }: { readonly auth: Authenticator; readonly trail: AuditTrail },
): void {
  const members = { onRequest: auth.requirePrincipal(['operator', 'owner', 'isp']) };
  route(app, auditTrailEndpoints.listAuditTrail, members, ({ query, request }) => ({
    entries: trail.list({ ...query, organisation: shownTo(request.principal) }),
  }));
}

function shownTo(principal: Principal | null): AuditTrailFilter['organisation'] {
  if (principal === null) throw new Error('the route is behind requirePrincipal');
  return principal.kind === 'operator' ? undefined : { kind: principal.kind, id: principal.id };
}
