import { FairhopError } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { counted, describeBytes, exact, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

/** An audit reads the whole ledger. */
const AUDIT_TIMEOUT_MS = 10 * 60_000;

/** Throws `audit-broken` when conservation does not hold. */
export async function runAudit(options: ServiceOptions): Promise<void> {
  const result = await askAccounting(options, (client) => client.audit({}, { timeoutMs: AUDIT_TIMEOUT_MS }));
  if (options.json) printJson(result);
  else {
    writeLine(
      formatTable(
        [
          { header: 'check', cell: ({ name }) => name },
          { header: 'holds', cell: ({ ok }) => (ok ? 'yes' : 'NO') },
          { header: 'detail', cell: ({ detail }) => detail },
        ],
        result.checks,
      ),
    );
    const { events, bytes, unattributedEvents, unattributedBytes } = result;
    const unknown =
      unattributedEvents === 0
        ? 'all paths known'
        : `${exact(unattributedEvents)} of them without a known path, ${describeBytes(unattributedBytes)}`;
    writeLine(`\n${counted(events, 'event')}, ${describeBytes(bytes)}; ${unknown}`);
  }
  if (result.ok) return;
  throw new FairhopError(
    'audit-broken',
    `the ledger does not add up: ${result.firstBreak ?? 'see the checks'}`,
  );
}
