import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { NetStatement } from '@fairhop/shared/contract';
import type { Invoice } from '@fairhop/shared/model';
import { formatTable } from '@fairhop/shared/service';
import type { Month } from './evening-zone.js';
import type { MovableClock } from './movable-clock.js';
import type { AccountingClient } from './questions.js';
import type { DemoInvoice, SettlementEvidence } from './report-settlement.js';
import { type DemoSetting, OWNER } from './setting.js';
import { exactBytes, type Story } from './story.js';
import type { Typing } from './typing.js';

export interface ClosingParts {
  readonly accounting: AccountingClient;
  readonly operator: Typing;
  /** Accounting's. */
  readonly clock: MovableClock;
  readonly month: Month;
  readonly timeZone: string;
}

interface ClosedMonth {
  readonly invoices: DemoInvoice[];
  readonly netSettlement: NetStatement;
  readonly evidence: Pick<SettlementEvidence, 'documents' | 'exchangeInvoices' | 'closedAuditOk'>;
}

/** Lets accounting's clock pass the month's end, settles the month, and leaves the owner's invoices as documents. */
export const closeMonth = async (setting: DemoSetting, parts: ClosingParts): Promise<ClosedMonth> => {
  const { story, outputDirectory } = setting;
  const { accounting, operator, clock, month, timeZone } = parts;
  story.chapter(`The month ${month.period} is closed`);
  story.line(
    `nobody waits for its end here: the clock of accounting, and no other, is put forward to a second after it, on ${firstDayAfter(month, timeZone)} in ${timeZone}`,
  );
  clock.moveTo(month.toMs + 1_000);
  const issued = (await operator.type('invoice', 'close', month.period, '--issue')) as Invoice[];
  story.line(`$ fairhop invoice close ${month.period} --issue`);
  const ofOwner = issued.filter(({ payer }) => payer.kind === 'owner' && payer.id === OWNER);
  const invoices: DemoInvoice[] = [];
  for (const invoice of ofOwner) invoices.push(await explained(accounting, invoice));
  tellInvoices(story, invoices);
  const documents = await Promise.all(
    ofOwner.flatMap((invoice) => [
      exported(operator, invoice, 'pdf', join(outputDirectory, `${invoice.number}.pdf`)),
      exported(operator, invoice, 'ubl', join(outputDirectory, `${invoice.number}.xml`)),
    ]),
  );
  story.line(`all three are left as PDF and as UBL 2.1 in ${outputDirectory}`);

  story.chapter('Net settlement of SP1 and SP2');
  const netSettlement = (await operator.type(
    ...['settlement', 'net', 'sp1', 'sp2'],
    ...['--period', month.period, '--tz', timeZone],
  )) as NetStatement;
  story.line(`$ fairhop settlement net sp1 sp2 --period ${month.period} --tz ${timeZone}`);
  tellNet(story, netSettlement);
  const { ok, checks } = await accounting.audit({});
  story.line(
    `the audit, now with the invoices: ${
      ok
        ? `all ${checks.length} checks hold`
        : checks
            .filter((check) => !check.ok)
            .map(({ name }) => name)
            .join(', ')
    }`,
  );
  const exchangeInvoices = issued.filter(({ payer }) => payer.kind === 'isp');
  return { invoices, netSettlement, evidence: { documents, exchangeInvoices, closedAuditOk: ok } };
};

const firstDayAfter = ({ toMs }: Month, timeZone: string): string =>
  new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'long' }).format(toMs);

const explained = async (accounting: AccountingClient, invoice: Invoice): Promise<DemoInvoice> => {
  const { agrees, lines } = await accounting.explainInvoice({ params: { invoice: invoice.id } });
  return {
    number: invoice.number ?? '',
    issuer: invoice.issuer.id,
    payer: invoice.payer.id,
    total: invoice.totalAmount,
    currency: invoice.currency,
    lines: invoice.lines.map(({ description, quantity, unitCode: unit, calculation, amount }) => ({
      ...{ description, quantity, unit, calculation, amount },
    })),
    traceable: agrees && lines.length === invoice.lines.length && lines.every((line) => line.agrees),
  };
};

const exported = async (
  { type }: Typing,
  { number, id }: Invoice,
  format: 'pdf' | 'ubl',
  path: string,
): Promise<SettlementEvidence['documents'][number]> => {
  await type('invoice', 'export', number ?? id, '--format', format, '--output', path);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return { file: basename(path), begins: buffer.toString('latin1', 0, bytesRead) };
  } finally {
    await file.close();
  }
};

const money = (amount: number, currency: string): string =>
  new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' }).format(amount / 100);

interface Row {
  readonly number: string;
  readonly from: string;
  readonly what: string;
  readonly calculation: string;
  readonly amount: string;
  readonly traceable: string;
}

const tellInvoices = (story: Story, invoices: readonly DemoInvoice[]): void => {
  const rows = invoices.flatMap(({ number, issuer, payer, total, currency, lines, traceable }): Row[] => [
    ...lines.map(({ description, calculation, amount }, index) => ({
      number: index === 0 ? number : '',
      from: index === 0 ? issuer.toUpperCase() : '',
      what: description,
      calculation,
      amount: money(amount, currency),
      traceable: '',
    })),
    {
      ...{ number: '', from: '', what: `total, to ${payer}`, calculation: '' },
      amount: money(total, currency),
      traceable: traceable ? 'yes' : 'NO',
    },
  ]);
  const table = formatTable<Row>(
    [
      { header: 'invoice', cell: ({ number }) => number },
      { header: 'from', cell: ({ from }) => from },
      { header: 'for', cell: ({ what }) => what },
      { header: 'calculation', cell: ({ calculation }) => calculation },
      { header: 'amount', cell: ({ amount }) => amount, align: 'right' },
      { header: 'events agree', cell: ({ traceable }) => traceable },
    ],
    rows,
  );
  for (const line of table.split('\n')) story.line(line);
};

const tellNet = (story: Story, { directions, ratioThousandths, net, currency }: NetStatement): void => {
  for (const { from, to, bytes, amount } of directions)
    story.line(
      `${from.toUpperCase()}→${to.toUpperCase()}: ${exactBytes(bytes)}, for which ${to.toUpperCase()} asks ${amount === null || currency === null ? 'nothing' : money(amount, currency)}`,
    );
  const ratio = ratioThousandths === null ? 'none' : `${(ratioThousandths / 1000).toFixed(2)} : 1`;
  const owed =
    net === null || currency === null
      ? 'nobody owes anything'
      : `${net.payer.toUpperCase()} owes ${net.payee.toUpperCase()} ${money(net.amount, currency)}`;
  story.line(`ratio ${ratio}; ${owed}`);
};
