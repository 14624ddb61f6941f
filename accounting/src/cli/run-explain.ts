import type { ExplainedLine } from '@fairhop/shared/contract';
import { FairhopError } from '@fairhop/shared/model';
import { formatTable, printJson } from '@fairhop/shared/service';
import { amountText, moneyText } from '../documents/index.js';
import { exact, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

/** Reads each event of the period. */
const EXPLAIN_TIMEOUT_MS = 10 * 60_000;
/** Of a SHA-256: enough to compare two by eye; `--json` has them whole. */
const SHOWN_DIGITS = 12;

/** Throws `invoice-unproven` where single events do not come to what is invoiced. */
export async function explainInvoice(name: string, options: ServiceOptions): Promise<void> {
  const params = { invoice: name };
  const { currency, explanation } = await askAccounting(options, async (client) => {
    const explanation = await client.explainInvoice({ params }, { timeoutMs: EXPLAIN_TIMEOUT_MS });
    return { explanation, currency: (await client.getInvoice({ params })).currency };
  });
  if (options.json) printJson(explanation);
  else writeLine(explanationText(explanation.lines, currency));
  if (explanation.agrees) return;
  const wrong = explanation.lines.filter(({ agrees }) => !agrees).map(({ position }) => position);
  throw new FairhopError(
    'invoice-unproven',
    `invoice ${explanation.number ?? name} is not what its events come to, in line ${wrong.join(', ')}`,
  );
}

interface Side {
  readonly line: ExplainedLine;
  readonly name: 'invoiced' | 'derived';
}

/** Both sides of each line, one below the other. */
function explanationText(lines: readonly ExplainedLine[], currency: string): string {
  const sides = lines.flatMap((line): Side[] => [
    { line, name: 'invoiced' },
    { line, name: 'derived' },
  ]);
  const first = ({ name }: Side, text: string): string => (name === 'invoiced' ? text : '');
  const table = formatTable<Side>(
    [
      { header: 'no.', cell: (side) => first(side, String(side.line.position)), align: 'right' },
      { header: 'description', cell: (side) => first(side, side.line.description) },
      { header: '', cell: ({ name }) => name },
      { header: 'measured', cell: ({ line, name }) => exact(line[name].quantity), align: 'right' },
      { header: 'events', cell: ({ line, name }) => exact(line[name].events), align: 'right' },
      {
        header: `amount ${currency}`,
        cell: ({ line, name }) => amountText(line[name].amount, currency),
        align: 'right',
      },
      { header: 'SHA-256', cell: ({ line, name }) => `${line[name].digest.slice(0, SHOWN_DIGITS)}…` },
      { header: 'agrees', cell: (side) => first(side, side.line.agrees ? 'yes' : 'NO') },
    ],
    sides,
  );
  const samples = lines
    .filter(({ sampleEvents }) => sampleEvents.length > 0)
    .map(({ position, sampleEvents }) => `Line ${position} begins with events ${sampleEvents.join(', ')}`);
  const waived = lines
    .filter((line) => line.waived !== undefined)
    .map((line) => `Line ${line.position}: ${moneyText(line.waived!, currency)} of it are waived`);
  return [table, '', ...waived, ...samples].join('\n').trimEnd();
}
