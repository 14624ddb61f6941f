import { FairhopError, type Invoice } from '@fairhop/shared/model';
import {
  createAuthenticator,
  createHttpService,
  createLog,
  type HttpService,
  staticTokens,
} from '@fairhop/shared/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPdf } from './fixture/read-pdf.js';
import { sampleDraft, sampleInvoice } from './fixture/sample-invoice.js';
import { invoiceCsv } from './invoice-csv.js';
import { addDocumentRoutes } from './routes.js';
import { invoiceUbl } from './ubl/invoice-ubl.js';

const tokens = [
  { token: 'token-of-sp1', principal: { kind: 'isp', id: 'sp1' } },
  { token: 'token-of-sp2', principal: { kind: 'isp', id: 'sp2' } },
  { token: 'token-of-an-agent', principal: { kind: 'agent', id: 'agent' } },
] as const;
const invoices: readonly Invoice[] = [sampleInvoice, { ...sampleDraft, id: 'draft-1' }];

let http: HttpService;
const get = (path: string, token = 'token-of-sp1'): Promise<Response> =>
  fetch(`${http.url}/v1/invoices/${path}`, { headers: { authorization: `Bearer ${token}` } });

beforeAll(async () => {
  const log = createLog({ name: 'accounting', level: 'silent' });
  http = createHttpService({ name: 'accounting', host: '127.0.0.1', port: 0, log, bodyLimitBytes: 1024 });
  http.routes((app) =>
    addDocumentRoutes(app, {
      auth: createAuthenticator({ verify: staticTokens(tokens) }),
      find: (name, principal) => {
        const invoice = invoices.find(({ id, number }) => name === id || name === number);
        if (invoice !== undefined && principal.id === invoice.issuer.id) return invoice;
        throw new FairhopError('invoice-unknown', `there is no invoice ${name}`, { status: 404 });
      },
    }),
  );
  await http.start();
});
afterAll(() => http.stop());

describe('GET /v1/invoices/:invoice/pdf, csv and ubl', () => {
  it('sends a file of its type and name', async () => {
    const pdf = await get('SP1-2026-000001/pdf');
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.headers.get('content-disposition')).toBe('attachment; filename="SP1-2026-000001.pdf"');
    expect((await readPdf(new Uint8Array(await pdf.arrayBuffer()))).title).toBe('Invoice SP1-2026-000001');
    const csv = await get(`${sampleInvoice.id}/csv`);
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv;.*charset=utf-8/);
    expect(await csv.text()).toBe(invoiceCsv(sampleInvoice));
    const ubl = await get('SP1-2026-000001/ubl');
    expect(ubl.headers.get('content-type')).toBe('application/xml');
    expect(ubl.headers.get('content-disposition')).toContain('SP1-2026-000001.xml');
    expect(await ubl.text()).toBe(invoiceUbl(sampleInvoice));
  });

  it('shows an invoice to whom the invoices are shown, and says what cannot be written', async () => {
    for (const format of ['pdf', 'csv', 'ubl']) {
      expect((await get(`SP1-2026-000001/${format}`, 'token-of-sp2')).status).toBe(404);
      expect((await get(`SP1-2026-000001/${format}`, 'token-of-an-agent')).status).toBe(403);
      expect((await get(`SP1-2026-000001/${format}`, 'nobody')).status).toBe(401);
    }
    const refused = await get('draft-1/ubl');
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ code: 'invoice-is-draft' });
    expect((await get('draft-1/pdf')).headers.get('content-disposition')).toContain('draft-1.pdf');
  });

  it('is described with the types that it sends', async () => {
    const document = (await (await fetch(`${http.url}/docs/json`)).json()) as {
      paths: Record<string, { get: { responses: Record<string, { content?: object }> } }>;
    };
    const { responses } = document.paths['/v1/invoices/{invoice}/pdf']!.get;
    expect(Object.keys(responses['200']?.content ?? {})).toEqual(['application/pdf']);
  });
});
