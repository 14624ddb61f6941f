import {
  accountingSettlementEndpoints,
  type Client,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import type { Contract } from '@fairhop/shared/model';
import {
  createAuthenticator,
  createHttpService,
  createLog,
  createManualClock,
  type HttpService,
  type Principal,
  staticTokens,
} from '@fairhop/shared/service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addInvoiceRoutes } from './routes.js';
import { contractOf, openTestSettlement, type TestSettlement } from './test-support.js';

type Settling = Client<typeof accountingSettlementEndpoints>;

const isp = (id: string): Principal => ({ kind: 'isp', id });
const principals: Principal[] = [
  { kind: 'operator', id: 'operator' },
  ...['sp1', 'sp2', 'sp3'].map(isp),
  { kind: 'owner', id: 'studio', actor: 'user:ann' },
  { kind: 'edge', id: 'edge' },
];
const studio: Partial<Contract> = {
  id: 'delivery',
  kind: 'isp-owner',
  issuer: { kind: 'isp', id: 'sp1' },
  payer: { kind: 'owner', id: 'studio' },
};

const peering = contractOf([{}], {
  id: 'peering',
  issuer: { kind: 'isp', id: 'sp3' },
  payer: { kind: 'isp', id: 'sp2' },
});

let settlement: TestSettlement;
let http: HttpService;
const client = createHttpClient();
const as = (id: string): Settling =>
  createClient(accountingSettlementEndpoints, { http: client, baseUrl: http.url, token: id });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

beforeEach(async () => {
  settlement = await openTestSettlement(contractOf([{}]), contractOf([{}], studio), peering);
  // Agreed on by the tests that have it.
  settlement.contracts.delete(peering.id);
  const verify = staticTokens(principals.map((principal) => ({ token: principal.id, principal })));
  const log = createLog({ name: 'accounting', level: 'silent' });
  http = createHttpService({ name: 'accounting', host: '127.0.0.1', port: 0, log, bodyLimitBytes: 65_536 });
  http.routes((app) =>
    addInvoiceRoutes(app, {
      auth: createAuthenticator({ verify }),
      clock: createManualClock(Date.UTC(2026, 10, 2)),
      invoices: settlement.invoices,
    }),
  );
  await http.start();
});
afterEach(async () => {
  await http.stop();
  await settlement.remove();
});

const period = { period: '2026-10' };
const closeAll = async (issue: boolean) => {
  const { invoices } = await as('operator').closePeriod({ params: period, body: { issue } });
  return invoices;
};

it('closing is the operator’s, and tells what is wrong', async () => {
  for (const id of ['sp1', 'studio', 'edge'])
    expect(await codeOf(as(id).closePeriod({ params: period, body: { issue: false } }))).toBe('forbidden');
  const later = { params: { period: '2026-11' }, body: { issue: false } };
  expect(await codeOf(as('operator').closePeriod(later))).toBe('period-open');
  expect(await codeOf(as('operator').closePeriod({ ...later, params: { period: '2026-13' } }))).toBe(
    'invalid-request',
  );
  const unknown = { params: period, body: { contract: 'nothing', issue: false } };
  expect(await codeOf(as('operator').closePeriod(unknown))).toBe('contract-unknown');
});

it('a draft is its issuer’s and the operator’s, an invoice its payer’s too, and nobody else’s', async () => {
  const drafts = await closeAll(false);
  const seenBy = async (id: string): Promise<string[]> =>
    (await as(id).listInvoices({ query: { limit: 10 } })).invoices.map(({ contract }) => contract);
  const [delivery] = drafts.filter(({ contract }) => contract === 'delivery');
  const params = { invoice: delivery!.id };
  const seen = async () => ({
    operator: await seenBy('operator'),
    sp1: await seenBy('sp1'),
    sp2: await seenBy('sp2'),
    sp3: await seenBy('sp3'),
    studio: await seenBy('studio'),
  });
  expect(await seen()).toEqual({
    operator: ['delivery', 'transit'],
    ...{ sp1: ['delivery'], sp2: ['transit'], sp3: [], studio: [] },
  });
  expect(await codeOf(as('studio').getInvoice({ params }))).toBe('invoice-unknown');
  await closeAll(true);
  expect(await seen()).toEqual({
    operator: ['delivery', 'transit'],
    ...{ sp1: ['delivery', 'transit'], sp2: ['transit'], sp3: [], studio: ['delivery'] },
  });
  const number = 'SP1-2026-000001';
  expect((await as('studio').getInvoice({ params: { invoice: number } })).id).toBe(delivery!.id);
  for (const name of [number, delivery!.id]) {
    const other = { params: { invoice: name } };
    expect(await codeOf(as('sp3').getInvoice(other))).toBe('invoice-unknown');
    expect(await codeOf(as('sp3').explainInvoice(other))).toBe('invoice-unknown');
    expect(await codeOf(as('edge').getInvoice(other))).toBe('forbidden');
  }
});

it('each side says what is its to say', async () => {
  const [delivery] = (await closeAll(false)).filter(({ contract }) => contract === 'delivery');
  const params = { invoice: delivery!.id };
  const note = { note: 'why' };
  expect((await as('sp1').issueInvoice({ params, body: {} })).number).toBe('SP1-2026-000001');
  for (const denied of [
    as('studio').payInvoice({ params, body: {} }),
    as('studio').creditInvoice({ params, body: note }),
    as('sp1').disputeInvoice({ params, body: note }),
  ])
    expect(await codeOf(denied)).toBe('forbidden');
  await as('studio').disputeInvoice({ params, body: note });
  const { history } = await as('sp1').payInvoice({ params, body: note });
  expect(history.map(({ status, by }) => `${status} by ${by}`)).toEqual([
    'draft by operator',
    'issued by isp sp1',
    'disputed by user:ann',
    'paid by isp sp1',
  ]);
  const body = { ...note, waive: true };
  const { creditNote } = await as('operator').creditInvoice({ params, body });
  const credited = { number: 'SP1-2026-000002', credits: 'SP1-2026-000001', waives: true };
  expect(creditNote).toMatchObject(credited);
  expect((await as('studio').explainInvoice({ params })).agrees).toBe(true);
});

it('net statements are of the ISPs between which they are', async () => {
  await closeAll(false);
  const params = { one: 'sp2', other: 'sp1' };
  const query = { period: '2026-10', timeZone: 'Europe/London' };
  const statement = await as('sp1').netStatement({ params, query });
  expect(statement).toMatchObject({ one: 'sp2', directions: [{ from: 'sp2' }, { from: 'sp1', amount: 0 }] });
  expect(await codeOf(as('sp3').netStatement({ params, query }))).toBe('forbidden');
  expect(await codeOf(as('studio').netStatement({ params, query }))).toBe('forbidden');
  expect(await codeOf(as('sp2').netStatement({ params: { one: 'sp2', other: 'sp2' }, query }))).toBe(
    'statement-of-one',
  );
  const listed = async (id: string) => (await as(id).listNetStatements({ query: {} })).statements.length;
  expect([await listed('operator'), await listed('sp1'), await listed('sp3')]).toEqual([1, 1, 0]);
});

it('an ISP’s own net statements are narrowed by the other side, and are its own all the same', async () => {
  settlement.contracts.set(peering.id, peering);
  await closeAll(false);
  const pairs = async (id: string, isp: string) => {
    const { statements } = await as(id).listNetStatements({ query: { isp } });
    return statements.map(({ one, other }) => `${one} ${other}`).sort();
  };
  expect(await pairs('operator', 'sp2')).toEqual(['sp1 sp2', 'sp2 sp3']);
  expect(await pairs('sp2', 'sp2')).toEqual(['sp1 sp2', 'sp2 sp3']);
  expect(await pairs('sp2', 'sp3')).toEqual(['sp2 sp3']);
  expect(await pairs('sp1', 'sp2')).toEqual(['sp1 sp2']);
  for (const isp of ['sp1', 'sp2']) expect(await pairs('sp3', isp)).toEqual(isp === 'sp2' ? ['sp2 sp3'] : []);
  expect(await codeOf(as('studio').listNetStatements({ query: {} }))).toBe('forbidden');
});
