import type { ElementSource, ExplainedPath } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { exact, instantText, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface PathOptions extends ServiceOptions {
  readonly at?: number;
  readonly explain?: boolean;
}

export async function showPath(source: string, destination: string, options: PathOptions): Promise<void> {
  const query = { source, destination, ...(options.at !== undefined && { atMs: options.at }) };
  const explained = await askAccounting(options, (client) => client.explainPath({ query }));
  if (options.json) printJson(explained);
  else writeLine(options.explain ? explainedText(explained) : plainText(explained));
}

function plainText({ path, ...ends }: ExplainedPath): string {
  if (path === null) return unknownText(ends);
  return path.elements.map(({ component }) => component).join('\n');
}

function explainedText(explained: ExplainedPath): string {
  const { path, conflicts, trail, timeMs } = explained;
  const lines = [
    `at ${instantText(timeMs)}: ${endText(explained, 'source')} to ${endText(explained, 'destination')}`,
    '',
  ];
  if (path === null) lines.push(unknownText(explained));
  else {
    lines.push(
      formatTable(
        [
          { header: 'component', cell: ({ component }) => component },
          { header: 'known from', cell: ({ source }) => source },
          { header: 'confidence', cell: ({ confidence }) => `${confidence} %`, align: 'right' },
          { header: 'billable', cell: ({ billable }) => (billable ? 'yes' : 'no') },
        ],
        path.elements,
      ),
      '',
      path.id,
    );
  }
  if (trail.length > 0)
    lines.push('', 'Sources, in the order in which they are asked:', ...trail.map((line) => `  ${line}`));
  if (conflicts.length > 0) lines.push('', 'They differ:', ...conflicts.map(({ message }) => `  ${message}`));
  return lines.join('\n');
}

type Ends = Omit<ExplainedPath, 'path'>;

function unknownText(ends: Ends): string {
  const unknown = (['source', 'destination'] as const).filter((end) => ends[`${end}As`] === null);
  return unknown.length === 0
    ? `No way is known from AS ${ends.sourceAs} to AS ${ends.destinationAs}; bytes on it are booked as unattributed.`
    : `The AS of the ${unknown.join(' and of the ')} is unknown; bytes between them are booked as unattributed.`;
}

const endText = (ends: Ends, end: 'source' | 'destination'): string => {
  const [asn, isp] = [ends[`${end}As`], ends[`${end}Isp`]];
  return asn === null ? 'unknown' : `AS ${asn} (${isp ?? 'ISP unknown'})`;
};

interface ConflictOptions extends ServiceOptions {
  readonly limit?: number;
  readonly skip?: number;
  readonly source?: string;
}

export async function listConflicts(options: ConflictOptions): Promise<void> {
  const query = {
    ...(options.limit !== undefined && { limit: options.limit }),
    ...(options.skip !== undefined && { skip: options.skip }),
    // The service says which there are.
    ...(options.source !== undefined && { source: options.source as ElementSource }),
  };
  const { conflicts } = await askAccounting(options, (client) => client.listConflicts({ query }));
  if (options.json) printJson(conflicts);
  else if (conflicts.length === 0) writeLine('No sources differ.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'last', cell: ({ lastMs }) => instantText(lastMs) },
          { header: 'times', cell: ({ count }) => exact(count), align: 'right' },
          { header: 'used', cell: ({ used, usedAsPath }) => sourceText(used, usedAsPath) },
          { header: 'other', cell: ({ other, otherAsPath }) => sourceText(other, otherAsPath) },
          { header: 'what', cell: ({ message }) => message },
        ],
        conflicts,
      ),
    );
  }
}

const sourceText = (source: string, asPath: readonly number[]): string =>
  asPath.length === 0 ? source : `${source}: ${asPath.join(' ')}`;

interface EvidenceOptions extends ServiceOptions {
  readonly transfer?: string;
  readonly after?: string;
  readonly limit?: number;
}

export async function listEvidence(options: EvidenceOptions): Promise<void> {
  const query = {
    ...(options.after !== undefined && { afterId: options.after }),
    ...(options.limit !== undefined && { limit: options.limit }),
    ...(options.transfer !== undefined && { transferId: options.transfer }),
  };
  const { evidence } = await askAccounting(options, (client) => client.listEvidence({ query }));
  if (options.json) printJson(evidence);
  else if (evidence.length === 0) writeLine('No traceroutes are kept.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'id', cell: ({ id }) => String(id), align: 'right' },
          { header: 'started', cell: ({ record }) => instantText(record.startMs) },
          { header: 'direction', cell: ({ record }) => record.direction },
          { header: 'from', cell: ({ record }) => record.sourceAddress },
          { header: 'to', cell: ({ record }) => record.destinationAddress },
          { header: 'reached', cell: ({ record }) => (record.reached ? 'yes' : 'no') },
          {
            header: 'hops',
            cell: ({ record }) =>
              record.hops.map(({ replies }) => replies[0]?.name ?? replies[0]?.address ?? '*').join(' '),
          },
          { header: 'transfer', cell: ({ record }) => record.transferId },
        ],
        evidence,
      ),
    );
  }
}
