import { describe, expect, it } from 'vitest';
import { sampleInvoice } from './fixture/sample-invoice.js';
import { invoiceCsv } from './invoice-csv.js';

/** RFC 4180, read by its grammar. */
function parseCsv(text: string): Record<string, string>[] {
  const lines: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === '\r\n') lines.push([]);
  }
  const [header, ...rows] = lines.slice(0, -1);
  return rows.map((cells) => Object.fromEntries(header!.map((name, index) => [name, cells[index]!])));
}

describe('invoiceCsv', () => {
  it('has a row a line, with what it was computed from', () => {
    const rows = parseCsv(invoiceCsv(sampleInvoice));
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      ...{ number: 'SP1-2026-000001', period: '2026-11', issued: '2026-12-01', payer: 'owner:moviestudio' },
      ...{
        position: '1',
        kind: 'usage',
        quantity: '1234.567891',
        unit: 'GB',
        amount: '24.69',
        currency: 'EUR',
      },
      ...{ contractVersion: '2', measure: 'bytes', measured: '1234567891000', events: '12345' },
      ...{ from: '2026-10-31T23:00:00.000Z', to: '2026-11-30T23:00:00.000Z', timeZone: 'Europe/Berlin' },
      ...{ upToEvent: '987654', upToMove: '4321', upToCompletion: '99', digest: 'ab'.repeat(32) },
    });
    for (const row of rows)
      expect(row).toMatchObject({ netAmount: '500.00', taxAmount: '95.00', totalAmount: '595.00' });
    expect(rows.reduce((sum, { amount }) => sum + Math.round(Number(amount) * 100), 0)).toBe(50_000);
    expect(JSON.parse(rows[0]!['usage']!)).toEqual(sampleInvoice.lines[0]!.basis!.usage);
    expect(JSON.parse(rows[1]!['plan']!)).toEqual(sampleInvoice.lines[1]!.basis!.plan);
    expect(rows[2]).toMatchObject({ kind: 'late', amount: '-0.01', alreadyInvoiced: '20.00' });
    expect(rows[3]).toMatchObject({ kind: 'minimum', amount: '125.32', digest: '', usage: '' });
  });

  it('keeps commas, quotes and line breaks, and has no formulas of others', () => {
    const [line] = sampleInvoice.lines;
    const lines = [
      { ...line!, description: 'a, "b"\r\nc' },
      { ...line!, description: '=HYPERLINK("http://evil.example")' },
    ];
    const rows = parseCsv(invoiceCsv({ ...sampleInvoice, lines }));
    expect(rows.map(({ description }) => description)).toEqual([
      ...['a, "b"\r\nc', '\'=HYPERLINK("http://evil.example")'],
    ]);
  });

  it('writes amounts with the digits of their currency', () => {
    const amountsIn = (currency: string): string[] =>
      parseCsv(invoiceCsv({ ...sampleInvoice, currency })).map(({ amount }) => amount!);
    expect(amountsIn('JPY')).toEqual(['2469', '35000', '-1', '12532']);
    expect(amountsIn('KWD')).toEqual(['2.469', '35.000', '-0.001', '12.532']);
  });
});
