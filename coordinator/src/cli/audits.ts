import { formatTable } from '@fairhop/shared/service';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';

interface ListOptions extends CallOptions {
  readonly agent?: string;
  readonly limit: string;
}

export async function listAudits({ agent, limit, ...options }: ListOptions): Promise<void> {
  const query = { limit, ...(agent !== undefined && { agent }) };
  await callAndPrint(
    options,
    (client) => client.listAudits({ query }),
    ({ audits }) =>
      audits.length === 0
        ? 'nothing was audited'
        : formatTable(
            [
              { header: 'ASKED', cell: ({ askedMs }) => new Date(askedMs).toISOString() },
              { header: 'AGENT', cell: (audit) => audit.agent },
              { header: 'CONTENT', cell: ({ contentId }) => contentId.slice(0, 12) },
              { header: 'PIECE', cell: ({ piece }) => String(piece), align: 'right' },
              { header: 'OUTCOME', cell: ({ outcome }) => outcome },
            ],
            audits,
          ),
  );
}
