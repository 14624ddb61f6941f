import {
  type AuditEntry,
  auditTrailEndpoints,
  type Client,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { auditDigest, formatTable, printJson, withOperatorToken } from '@fairhop/shared/service';
import type { CallOptions } from './command-kit.js';

interface TrailOptions extends CallOptions {
  readonly service?: string;
  readonly actor?: string;
  readonly after: string;
  readonly limit: string;
  readonly verify?: boolean;
}

type TrailClient = Client<typeof auditTrailEndpoints>;
const PAGE = 1_000;

export async function showAuditTrail(options: TrailOptions): Promise<void> {
  const { service: baseUrl = options.coordinator, actor, after: afterId, limit, verify } = options;
  await withOperatorToken(options, baseUrl, async (token) => {
    const http = createHttpClient();
    const access = { http, baseUrl, ...(token !== undefined && { token }) };
    try {
      const client = createClient(auditTrailEndpoints, access);
      if (verify) {
        const proved = await proveTrail(client);
        if (options.json) printJson(proved);
        else
          process.stdout.write(
            `${proved.entries} entries are as they were written; digest ${proved.digest}\n`,
          );
        return;
      }
      const query = { afterId, limit, ...(actor !== undefined && { actor }) };
      const { entries } = await client.listAuditTrail({ query });
      if (options.json) printJson({ entries });
      else process.stdout.write(`${entries.length === 0 ? 'nothing was written' : tableOf(entries)}\n`);
    } finally {
      await http.close();
    }
  });
}

/** Throws `audit-trail-broken` (409) with the first entry that does not follow from the one before. */
async function proveTrail(client: TrailClient): Promise<{ entries: number; digest: string }> {
  let last: AuditEntry | undefined;
  for (;;) {
    const query = { afterId: last?.id ?? 0, limit: PAGE };
    const { entries } = await client.listAuditTrail({ query });
    for (const entry of entries) {
      const follows =
        entry.id === (last?.id ?? 0) + 1 &&
        entry.previousDigest === (last?.digest ?? '0'.repeat(64)) &&
        entry.digest === auditDigest(entry);
      if (!follows) throw broken(entry.id);
      last = entry;
    }
    if (entries.length < PAGE) return { entries: last?.id ?? 0, digest: last?.digest ?? '0'.repeat(64) };
  }
}

const broken = (id: number): FairhopError =>
  new FairhopError(
    'audit-trail-broken',
    `entry ${id} does not follow from the one before it: something was changed or removed; only the operator sees the whole trail`,
    { status: 409 },
  );

const tableOf = (entries: readonly AuditEntry[]): string =>
  formatTable(
    [
      { header: 'ID', cell: ({ id }) => String(id), align: 'right' },
      { header: 'TIME', cell: ({ timeMs }) => new Date(timeMs).toISOString() },
      {
        header: 'OF',
        cell: ({ kind, organisation }) => (kind === organisation ? (kind ?? '-') : `${kind} ${organisation}`),
      },
      { header: 'WHO', cell: ({ actor }) => actor },
      { header: 'FROM', cell: ({ address }) => address },
      { header: 'WHAT', cell: ({ method, path }) => `${method} ${path}` },
      {
        header: 'ANSWER',
        cell: ({ status, code }) => (code === null ? String(status) : `${status} ${code}`),
      },
    ],
    entries,
  );
