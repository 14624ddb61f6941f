import type { NetStatement } from '@fairhop/shared/contract';
import { formatTable, printJson } from '@fairhop/shared/service';
import { amountText, dateText, lastDateText, moneyText, ratioText } from '../documents/index.js';
import { exact, writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';

interface NetOptions extends ServiceOptions {
  readonly period: string;
  readonly timeZone?: string;
}

export async function showNetStatement(one: string, other: string, options: NetOptions): Promise<void> {
  const { period, timeZone } = options;
  const params = { one: one.toLowerCase(), other: other.toLowerCase() };
  const statement = await askAccounting(options, (client) =>
    client.netStatement({ params, query: { period, ...(timeZone !== undefined && { timeZone }) } }),
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
          { header: 'zone', cell: ({ timeZone }) => timeZone },
          { header: 'between', cell: ({ one, other }) => `${one}, ${other}` },
          { header: 'there bytes', cell: ({ directions }) => exact(directions[0].bytes), align: 'right' },
          { header: 'back bytes', cell: ({ directions }) => exact(directions[1].bytes), align: 'right' },
          { header: 'ratio', cell: ratioCell, align: 'right' },
          { header: 'net', cell: netText },
          { header: 'state', cell: stateText },
        ],
        statements,
      ),
    );
  }
}

function statementText(statement: NetStatement): string {
  const { one, other, period, fromMs, toMs, timeZone, directions, currency } = statement;
  return [
    `${one} and ${other} in ${period}: ${dateText(fromMs, timeZone)} to ${lastDateText(toMs, timeZone)}, ${timeZone}${standingText(statement)}`,
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

/** Why its figures are not final; nothing where they are. */
function standingText({ isFinal, timeZone, contractTimeZones }: NetStatement): string {
  if (isFinal) return '';
  const [first, second] = contractTimeZones;
  if (first === undefined) return '; no contract bills it';
  if (contractTimeZones.includes(timeZone) && second === undefined)
    return '; the period is open, its figures still grow';
  const open = contractTimeZones.includes(timeZone) ? 'a period is open, its figures still grow; ' : '';
  return `; ${open}what is asked is of the contracts’ zones, ${contractTimeZones.join(' and ')}`;
}

const stateText = ({ isFinal, isSuperseded }: NetStatement): string => {
  if (isSuperseded) return 'superseded by a newer one';
  return isFinal ? 'final' : 'open: a contract was agreed on since';
};

const ratioCell = ({ ratioThousandths }: NetStatement): string =>
  ratioThousandths === null ? '-' : `${ratioText(ratioThousandths)}:1`;

const netText = ({ net, currency }: NetStatement): string =>
  net === null || currency === null
    ? 'nobody owes anything'
    : `${net.payer} owes ${net.payee} ${moneyText(net.amount, currency)}`;
