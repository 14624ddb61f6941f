import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ExplainedLine,
  accountingSettlementEndpoints as endpoints,
  type FailedClosing,
  type NetStatement,
} from '@fairhop/shared/contract';
import { FairhopError, type Invoice } from '@fairhop/shared/model';
import { createHttpService, createLog, type HttpService, route } from '@fairhop/shared/service';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readPdf } from '../documents/fixture/read-pdf.js';
import { sampleCreditNote, sampleDraft, sampleInvoice } from '../documents/fixture/sample-invoice.js';
import { documentFormats } from '../documents/index.js';
import { type Ran, runCommand } from './run-command.test-support.js';

const statement: NetStatement = {
  ...{ one: 'sp1', other: 'sp2', period: '2026-Q4', timeZone: 'UTC', contractTimeZones: ['UTC'] },
  ...{ currency: 'USD', isFinal: false, isSuperseded: false },
  ...{ fromMs: Date.UTC(2026, 9, 1), toMs: Date.UTC(2027, 0, 1), ratioThousandths: 2_347 },
  directions: [
    {
      from: 'sp1',
      to: 'sp2',
      bytes: 23_470_000_000,
      amount: 123_456_789,
      contracts: ['sp1-sp2', 'sp1-sp2-anew'],
    },
    { from: 'sp2', to: 'sp1', bytes: 10_000_000_000, amount: null, contracts: [] },
  ],
  net: { payer: 'sp1', payee: 'sp2', amount: 123_456_789 },
};

const explained: ExplainedLine = {
  ...{ position: 1, description: 'Evening traffic', calculation: '', agrees: true, sampleEvents: [7, 9] },
  invoiced: { quantity: 1_234_567, events: 12, digest: 'ab'.repeat(32), amount: 2_469 },
  derived: { quantity: 1_234_567, events: 12, digest: 'ab'.repeat(32), amount: 2_469 },
};

/** What the service was asked, and what it answers. */
let asked: unknown[] = [];
let explanation: ExplainedLine[] = [];
let closed: { invoices: Invoice[]; failures: FailedClosing[] };
let stated = statement;
let http: HttpService;
const directory = mkdtempSync(join(tmpdir(), 'fairhop-invoice-'));

const found = (name: string): Invoice => {
  const invoice = [sampleInvoice, sampleCreditNote, sampleDraft].find((one) => one.number === name);
  if (invoice !== undefined) return invoice;
  throw new FairhopError('invoice-unknown', `there is no invoice ${name}`, { status: 404 });
};

/** Answers as the service does, of invoices that are written down. */
beforeAll(async () => {
  const log = createLog({ name: 'accounting', level: 'silent' });
  http = createHttpService({ name: 'accounting', host: '127.0.0.1', port: 0, log, bodyLimitBytes: 65_536 });
  http.routes((app) => {
    route(app, endpoints.listInvoices, {}, ({ query }) => {
      asked.push(query);
      return { invoices: [sampleCreditNote, sampleInvoice, { ...sampleInvoice, currency: 'JPY' }] };
    });
    route(app, endpoints.getInvoice, {}, ({ params }) => found(params.invoice));
    route(app, endpoints.closePeriod, {}, ({ params, body }) => {
      asked.push({ ...params, ...body });
      return closed;
    });
    route(app, endpoints.payInvoice, {}, ({ params, body }) => {
      asked.push(body);
      return { ...found(params.invoice), status: 'paid' as const };
    });
    route(app, endpoints.creditInvoice, {}, ({ params, body }) => {
      asked.push(body);
      return {
        invoice: { ...found(params.invoice), status: 'credited' as const },
        creditNote: sampleCreditNote,
      };
    });
    route(app, endpoints.explainInvoice, {}, ({ params }) => {
      const agrees = explanation.every((line) => line.agrees);
      return { number: found(params.invoice).number, agrees, lines: explanation };
    });
    route(app, endpoints.netStatement, {}, ({ params, query }) => {
      asked.push({ ...params, ...query });
      return stated;
    });
    route(app, endpoints.listNetStatements, {}, () => ({
      statements: [
        { ...statement, isFinal: true },
        { ...statement, isSuperseded: true },
      ],
    }));
  });
  await http.start();
});
afterAll(async () => {
  await http.stop();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  asked = [];
  explanation = [explained];
  closed = { invoices: [], failures: [] };
  stated = statement;
});

const ask = (...argv: string[]): Promise<Ran> =>
  runCommand(...argv, '--accounting', http.url, '--token', 'token-of-the-operator');
const askInvoice = (...argv: string[]): Promise<Ran> => ask('invoice', ...argv);

describe('fairhop invoice', () => {
  it('lists amounts with the digits of their currency, their ends below each other', async () => {
    const { out } = await askInvoice('list', '--period', '2026-11', '--status', 'issued');
    expect(asked).toEqual([{ period: '2026-11', status: 'issued', limit: 100 }]);
    const [, creditNote, invoice, yen] = out.split('\n');
    expect(creditNote).toMatch(/^SP1-2026-000002 +credit-note .* -500\.00 +-95\.00 +-595\.00 +EUR/);
    expect(invoice).toMatch(/isp sp1 +owner moviestudio +500\.00 +95\.00 +595\.00 +EUR +2026-12-31$/);
    expect(yen).toMatch(/ 50,000 +9,500 +59,500 +JPY/);
    expect(invoice!.indexOf('595.00') + 6).toBe(yen!.indexOf('59,500') + 6);
    expect(JSON.parse((await askInvoice('list', '--json')).out)).toHaveLength(3);
  });

  it('shows lines, sums and what became of it', async () => {
    const { out } = await askInvoice('show', 'SP1-2026-000001');
    expect(out).toContain('Invoice SP1-2026-000001, issued');
    expect(out).toMatch(/1 +usage +Evening traffic .* 1,234\.567891 +GB +.* +24\.69\n/);
    expect(out).toContain('Net 500.00 EUR, VAT 19 % (S) 95.00 EUR, total 595.00 EUR, due 2026-12-31');
    expect(out).toContain('2026-12-01T09:30:00.000Z issued by operator');
  });

  it('closes, pays and credits as it is told', async () => {
    expect((await askInvoice('close', '2026-11', '--contract', 'c1', '--issue')).out).toContain(
      'Nothing is due of period 2026-11.',
    );
    expect((await askInvoice('pay', 'SP1-2026-000001', '--note', 'statement 12')).out).toContain(
      '000001, paid',
    );
    const { out } = await askInvoice('credit', 'SP1-2026-000001', '--note', 'wrong zone');
    expect(out).toContain('Credit note SP1-2026-000002, issued, of invoice SP1-2026-000001');
    expect(out).toMatch(/SP1-2026-000001 +invoice +credited/);
    await askInvoice('credit', 'SP1-2026-000001', '--note', 'goodwill', '--waive');
    expect(asked).toEqual([
      { period: '2026-11', contract: 'c1', issue: true },
      { note: 'statement 12' },
      { note: 'wrong zone', waive: false },
      { note: 'goodwill', waive: true },
    ]);
    expect(await askInvoice('dispute', 'SP1-2026-000001')).toMatchObject({ exitCode: 2, out: '' });
  });

  it('goes on where contracts cannot be closed, and names them at the end', async () => {
    const wrong = {
      contract: 'c2',
      period: '2026-11',
      code: 'party-unnamed',
      message: 'isp sp9 has no name',
    };
    closed = { invoices: [sampleInvoice], failures: [wrong, { ...wrong, contract: 'c3' }] };
    const { out, error, exitCode } = await askInvoice('close', '2026-11', '--issue', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject([{ number: 'SP1-2026-000001' }]);
    expect(error).toMatch(
      /2 contracts failed: c2: isp sp9 has no name .party-unnamed.; c3: .* .period-not-closed./,
    );
  });

  it('explains both sides of each line, and fails when they differ', async () => {
    const agreed = await askInvoice('explain', 'SP1-2026-000001');
    expect(agreed).toMatchObject({ exitCode: 0, error: '' });
    expect(agreed.out).toMatch(/1 +Evening traffic +invoiced +1,234,567 +12 +24\.69 +abababababab… +yes/);
    expect(agreed.out).toContain('Line 1 begins with events 7, 9');
    expect(agreed.out).not.toContain('waived');
    explanation = [
      { ...explained, waived: 2_469 },
      { ...explained, position: 2, agrees: false, derived: { ...explained.derived, amount: 1 } },
    ];
    const differs = await askInvoice('explain', 'SP1-2026-000001');
    expect(differs).toMatchObject({
      exitCode: 1,
      error: expect.stringMatching(/in line 2 \[invoice-unproven\]/),
    });
    expect(differs.out).toMatch(/derived +1,234,567 +12 +0\.01/);
    expect(differs.out).toContain('Line 1: 24.69 EUR of it are waived');
    expect(JSON.parse((await askInvoice('explain', 'SP1-2026-000001', '--json')).out)).toMatchObject({
      agrees: false,
    });
  });

  it('exports documents: the same as the service sends', async () => {
    const pdfFile = join(directory, 'invoice.pdf');
    expect((await askInvoice('export', 'SP1-2026-000001', '--output', pdfFile)).out).toContain(pdfFile);
    expect((await readPdf(readFileSync(pdfFile))).title).toBe('Invoice SP1-2026-000001');
    expect((await askInvoice('export', 'SP1-2026-000001', '--format', 'ubl')).out).toBe(
      documentFormats.ubl.write(sampleInvoice),
    );
    const csvFile = join(directory, 'invoice.csv');
    await askInvoice('export', 'SP1-2026-000001', '--format', 'csv', '--output', csvFile);
    expect(readFileSync(csvFile, 'utf8')).toBe(documentFormats.csv.write(sampleInvoice));
  });

  it('tells as JSON which file a document is in', async () => {
    const csvFile = join(directory, 'told.csv');
    const told = await askInvoice(
      ...['export', 'SP1-2026-000001', '--format', 'csv', '--output', csvFile, '--json'],
    );
    const bytes = readFileSync(csvFile).length;
    expect(JSON.parse(told.out)).toEqual({ file: csvFile, format: 'csv', bytes });
  });

  it('says what is wrong in one line', async () => {
    expect(await askInvoice('show', 'X-1')).toMatchObject({ exitCode: 3, out: '' });
    expect((await askInvoice('show', 'X-1')).error).toMatch(/there is no invoice X-1 .invoice-unknown/);
    expect(await askInvoice('export', 'SP1-2026-000001', '--format', 'docx')).toMatchObject({
      exitCode: 2,
      out: '',
    });
    expect((await askInvoice('--help')).out).toContain('fairhop invoice close 2026-11 --issue');
    for (const command of ['close', 'list', 'show', 'issue', 'pay', 'dispute', 'credit', 'explain', 'export'])
      expect((await askInvoice(command, '--help')).out).toMatch(/Examples?:\n +\$ fairhop invoice/);
  });
});

describe('fairhop settlement', () => {
  it('states both directions, ratio, and who owes whom', async () => {
    const { out } = await ask('settlement', 'net', 'SP1', 'sp2', '--period', '2026-Q4');
    expect(asked).toEqual([{ one: 'sp1', other: 'sp2', period: '2026-Q4' }]);
    expect(out).toContain('sp1 and sp2 in 2026-Q4: 2026-10-01 to 2026-12-31, UTC; the period is open');
    expect(out).toMatch(/sp1 +sp2 +23,470,000,000 +1,234,567\.89 +sp1-sp2, sp1-sp2-anew/);
    expect(out).toMatch(/sp2 +sp1 +10,000,000,000 +- +none in force/);
    expect(out).toContain('Ratio 2.35:1; sp1 owes sp2 1,234,567.89 USD');
    const inTokyo = ['settlement', 'net', 'sp1', 'sp2', '--period', '2026-Q4', '--tz', 'Asia/Tokyo'];
    stated = { ...statement, timeZone: 'Asia/Tokyo' };
    expect((await ask(...inTokyo)).out).toContain(
      '2026-10-01 to 2027-01-01, Asia/Tokyo; what is asked is of the contracts’ zones, UTC\n',
    );
    expect(asked[1]).toMatchObject({ timeZone: 'Asia/Tokyo' });
    stated = {
      ...statement,
      contractTimeZones: [],
      directions: [{ ...statement.directions[0], amount: null, contracts: [] }, statement.directions[1]],
    };
    const unbilled = (await ask('settlement', 'net', 'sp1', 'sp2', '--period', '2026-Q1')).out;
    expect(unbilled).toContain(', UTC; no contract bills it\n');
    const { out: listed } = await ask('settlement', 'list', '--isp', 'SP1');
    expect(listed).toMatch(/2026-Q4 +UTC +sp1, sp2 +23,470,000,000 .* final\n/);
    expect(listed).toMatch(/2026-Q4 +UTC +sp1, sp2 .* superseded by a newer one/);
    expect((await ask('settlement', 'net', 'sp1', 'sp2')).error).toContain('--period');
  });
});
