import type { NetStatement } from '@fairhop/shared/contract';
import { formatTable, printJson } from '@fairhop/shared/service';
import { amountText, dateText, lastDateText, moneyText, ratioText } from '../documents/index.js';
import { exact, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface NetOptions extends ServiceOptions {
  readonly period: string;
  readonly timeZone: string;
}

export async function showNetStatement(one: string, other: string, options: NetOptions): Promise<void> {
  const { period, timeZone } = options;
  const params = { one: one.toLowerCase(), other: other.toLowerCase() };
  const statement = await askAccounting(options, (client) =>
    client.netStatement({ params, query: { period, timeZone } }),
  );
  if (options.json) printJson(statement);
  else writeLine(statementText(statement));
}

export async function listNetStatements(options: ServiceOptions & { readonly isp?: string }): Promise<void> {
  const query = options.isp === undefined ? {} : { isp: options.isp.toLowerCase() };
  const { statements } = await askAccounting(options, (client) => client.listNetStatements({ query }));
  if (options.json) printJson(statements);
  else if (statements.length === 0) writeLine('There are no statements of closed periods.');
  else {
    writeLine(
      formatTable(
        [
          { header: 'period', cell: ({ period }) => period },
          { header: 'between', cell: ({ one, other }) => `${one}, ${other}` },
          { header: 'there bytes', cell: ({ directions }) => exact(directions[0].bytes), align: 'right' },
          { header: 'back bytes', cell: ({ directions }) => exact(directions[1].bytes), align: 'right' },
          { header: 'ratio', cell: ratioCell, align: 'right' },
          { header: 'net', cell: netText },
        ],
        statements,
      ),
    );
  }
}

function statementText(statement: NetStatement): string {
  const { one, other, period, fromMs, toMs, timeZone, directions, currency, isFinal } = statement;
  const isBilled = directions.some(({ contracts }) => contracts.length > 0);
  const open = isBilled ? '; the period is open, its figures still grow' : '; no contract bills it';
  return [
    `${one} and ${other} in ${period}: ${dateText(fromMs, timeZone)} to ${lastDateText(toMs, timeZone)}, ${timeZone}${isFinal ? '' : open}`,
    '',
    formatTable(
      [
        { header: 'from', cell: ({ from }) => from },
        { header: 'to', cell: ({ to }) => to },
        { header: 'bytes', cell: ({ bytes }) => exact(bytes), align: 'right' },
        {
          header: currency === null ? 'asked' : `asked ${currency}`,
          cell: ({ amount }) => (amount === null || currency === null ? '-' : amountText(amount, currency)),
          align: 'right',
        },
        { header: 'by contract', cell: ({ contracts }) => contracts.join(', ') || 'none in force' },
      ],
      directions,
    ),
    '',
    `Ratio ${ratioCell(statement)}; ${netText(statement)}`,
  ].join('\n');
}

const ratioCell = ({ ratioThousandths }: NetStatement): string =>
  ratioThousandths === null ? '-' : `${ratioText(ratioThousandths)}:1`;

const netText = ({ net, currency }: NetStatement): string =>
  net === null || currency === null
    ? 'nobody owes anything'
    : `${net.payer} owes ${net.payee} ${moneyText(net.amount, currency)}`;
