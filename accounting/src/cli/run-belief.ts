import type { BeliefMove, TransferBelief } from '@fairhop/shared/contract';
import { type Column, formatTable, printJson } from '@fairhop/shared/service';
import { describeBytes, exact, instantText, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface ListOptions extends ServiceOptions {
  readonly agent?: string;
  readonly limit?: number;
  readonly after?: number;
}

export async function showTransfer(transferId: string, options: ServiceOptions): Promise<void> {
  const shown = await askAccounting(options, (client) =>
    client.getTransferBelief({ params: { transferId } }),
  );
  if (options.json) printJson(shown);
  else writeLine(transferText(shown.belief, shown.moves));
}

export async function listDisputes({ agent, limit, ...options }: ListOptions): Promise<void> {
  const query = { ...(agent !== undefined && { agent }), ...(limit !== undefined && { limit }) };
  const { disputes } = await askAccounting(options, (client) => client.listDisputes({ query }));
  if (options.json) printJson(disputes);
  else if (disputes.length === 0) writeLine('No sides differ.');
  else writeLine(formatTable(disputeColumns, disputes));
}

export async function listContradictions({ agent, limit, after, ...options }: ListOptions): Promise<void> {
  const query = {
    ...(agent !== undefined && { agent }),
    ...(limit !== undefined && { limit }),
    ...(after !== undefined && { afterId: after }),
  };
  const { contradictions } = await askAccounting(options, (client) => client.listContradictions({ query }));
  if (options.json) printJson(contradictions);
  else if (contradictions.length === 0) writeLine('No agent told two histories.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'id', cell: ({ id }) => exact(id), align: 'right' },
          { header: 'found', cell: ({ foundMs }) => instantText(foundMs) },
          { header: 'kind', cell: ({ kind }) => kind },
          { header: 'agent', cell: ({ agent: key }) => key },
          { header: 'transfer', cell: ({ transferId }) => transferId },
        ],
        contradictions,
      ),
    );
  }
}

const amount = (bytes: number | null): string => (bytes === null ? '-' : exact(bytes));

const disputeColumns: Column<TransferBelief>[] = [
  { header: 'last word', cell: ({ lastMs }) => instantText(lastMs) },
  { header: 'transfer', cell: ({ transferId }) => transferId },
  { header: 'downloader', cell: ({ downloader }) => downloader },
  { header: 'received', cell: ({ downloaderBytes }) => amount(downloaderBytes), align: 'right' },
  { header: 'uploader', cell: ({ uploader }) => uploader },
  { header: 'sent', cell: ({ uploaderBytes }) => amount(uploaderBytes), align: 'right' },
  { header: 'receipt shown', cell: ({ receiptBytes }) => amount(receiptBytes), align: 'right' },
  { header: 'settled', cell: ({ settledBytes }) => amount(settledBytes), align: 'right' },
];

function transferText(belief: TransferBelief, moves: readonly BeliefMove[]): string {
  const { uploader, downloader, downloaderBytes, uploaderBytes, receiptBytes, isUploaderDone } = belief;
  const said = (bytes: number | null): string => (bytes === null ? 'nothing' : describeBytes(bytes));
  const facts: [string, string][] = [
    ['downloader', downloader],
    ['  reported', said(downloaderBytes)],
    ['uploader', uploader],
    ['  sent', `${said(uploaderBytes)}${isUploaderDone ? ', its last word' : ''}`],
    ['  shows a receipt for', said(receiptBytes)],
    ['settled', describeBytes(belief.settledBytes)],
    ['claimed', describeBytes(belief.claimedBytes)],
    ['disputed', describeBytes(belief.disputedBytes)],
    ['dropped', describeBytes(belief.droppedBytes)],
  ];
  const width = Math.max(...facts.map(([name]) => name.length)) + 2;
  const lines = facts.map(([name, value]) => `${name.padEnd(width)}${value}`);
  if (moves.length === 0) return lines.join('\n');
  const table = formatTable(
    [
      { header: 'when', cell: ({ movedMs }) => instantText(movedMs) },
      { header: 'from byte', cell: ({ fromBytes }) => exact(fromBytes), align: 'right' },
      { header: 'to byte', cell: ({ toBytes }) => exact(toBytes), align: 'right' },
      { header: 'was', cell: ({ from }) => from ?? undefined },
      { header: 'is', cell: ({ to }) => to },
      { header: 'why', cell: ({ reason }) => reason },
    ],
    moves,
  );
  return [...lines, '', table].join('\n');
}
