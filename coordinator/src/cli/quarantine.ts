import { FairhopError } from '@fairhop/shared/model';
import { formatTable } from '@fairhop/shared/service';
import { callAndPrint, parseOption, parseTime } from './call.js';
import type { CallOptions } from './command-kit.js';

interface ListOptions extends CallOptions {
  readonly agent?: string;
  readonly limit: string;
}

interface PutOptions extends CallOptions {
  readonly reason: string;
  readonly evidence?: readonly string[];
  readonly hours?: string;
  readonly until?: string;
}

const HOUR_MS = 3_600_000;

const describeEnd = (untilMs: number | null): string =>
  untilMs === null ? 'it is released' : new Date(untilMs).toISOString();

export async function listQuarantine({ agent, limit, ...options }: ListOptions): Promise<void> {
  const query = { limit, ...(agent !== undefined && { agent }) };
  await callAndPrint(
    options,
    (client) => client.listQuarantine({ query }),
    ({ quarantine, total }) => {
      if (quarantine.length === 0) return 'no agent is in quarantine';
      const rows = quarantine.flatMap((held) =>
        held.suspicions.map((suspicion, index) => ({ held, suspicion, isFirst: index === 0 })),
      );
      const table = formatTable(
        [
          { header: 'AGENT', cell: ({ held, isFirst }) => (isFirst ? held.agent : '') },
          { header: 'UNTIL', cell: ({ held, isFirst }) => (isFirst ? describeEnd(held.untilMs) : '') },
          { header: 'BY', cell: ({ held, isFirst }) => (isFirst ? held.by : '') },
          { header: 'CHECK', cell: ({ suspicion }) => suspicion.check },
          { header: 'SCORE', cell: ({ suspicion }) => String(suspicion.score), align: 'right' },
          { header: 'REASON', cell: ({ suspicion }) => suspicion.message },
        ],
        rows,
      );
      const left = agent === undefined ? total - quarantine.length : 0;
      return left > 0 ? `${table}\n${left} more; --limit shows more at once` : table;
    },
  );
}

export async function putQuarantine(
  agent: string,
  { reason, evidence = [], hours, until, ...options }: PutOptions,
): Promise<void> {
  const nowMs = Date.now();
  let untilMs: number | null = null;
  if (hours !== undefined) untilMs = nowMs + parseOption('--hours', hours, parseHours) * HOUR_MS;
  else if (until !== undefined) untilMs = parseOption('--until', until, parseTime);
  const suspicion = {
    check: 'operator',
    score: 100,
    message: reason,
    evidence: [...evidence],
    timeMs: nowMs,
  };
  await callAndPrint(
    options,
    (client) =>
      client.putQuarantine({
        params: { agent },
        body: { by: 'operator', untilMs, suspicions: [suspicion] },
      }),
    (held) => `${held.agent} is in quarantine until ${describeEnd(held.untilMs)}`,
  );
}

export async function releaseQuarantine(agent: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.releaseQuarantine({ params: { agent } }),
    (released) => `${released.agent} is released`,
  );
}

function parseHours(text: string): number {
  const hours = Number(text);
  if (Number.isInteger(hours) && hours >= 1 && hours <= 87_600) return hours;
  const message = `${JSON.stringify(text)} is no number of hours; 1 to 87600 is right`;
  throw new FairhopError('invalid-hours', message, { status: 400 });
}
