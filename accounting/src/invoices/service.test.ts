import {
  accountingEndpoints,
  accountingSettlementEndpoints,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import { createManualClock } from '@fairhop/shared/service';
import { afterEach, expect, it, vi } from 'vitest';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';
import { details, terms } from './test-support.js';

const directory = createTestDirectory();
const http = createHttpClient();
let running: TestService | undefined;
afterEach(async () => {
  await running?.stop();
  await http.close();
  directory.remove();
});

const start = async (nowMs: number) => {
  const files = { asGraphFile: directory.graphFile, dataDirectory: directory.dataDirectory };
  running = await startTestService(files, createManualClock(nowMs));
  const { url, service } = running;
  return createClient(
    { ...accountingEndpoints, ...accountingSettlementEndpoints },
    { http, baseUrl: url, token: service.operatorToken },
  );
};

const agreed = (minimumAmount: string, fromMs: number) => ({
  ...{ kind: 'isp-isp' as const, name: 'Transit', fromMs },
  issuer: { kind: 'isp' as const, id: 'sp2' },
  payer: { kind: 'isp' as const, id: 'sp1' },
  terms: {
    ...terms,
    charges: [{ ...terms.charges[0]!, usage: { leaves: 'sp1', enters: 'sp2' } }],
    minimumAmount,
  },
});

it('drafts, as it starts, what ended while it was away, and each period once', async () => {
  const before = await start(Date.UTC(2026, 9, 20));
  for (const id of ['sp1', 'sp2'])
    await before.putParty({ params: { kind: 'isp', id }, body: details(id.toUpperCase()) });
  await before.putContract({
    params: { contract: 'transit' },
    body: agreed('50', Date.UTC(2026, 8, 30, 23)),
  });
  await running!.stop();
  const december = Date.UTC(2026, 11, 2);
  for (let starts = 0; starts < 2; starts += 1) {
    const client = await start(december);
    await vi.waitFor(async () => {
      const { invoices } = await client.listInvoices({ query: { limit: 10 } });
      expect(invoices.map(({ period, status, totalAmount }) => [period, status, totalAmount])).toEqual([
        ['2026-11', 'draft', 6_000],
        ['2026-10', 'draft', 6_000],
      ]);
    }, 15_000);
    const { checks } = await client.audit({});
    expect(checks.find(({ name }) => name === 'invoices')).toMatchObject({ ok: true });
    const { url, service } = running!;
    const headers = { authorization: `Bearer ${service.operatorToken}` };
    const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
    expect(metrics).toMatch(/^fairhop_accounting_unclosed_periods\{.*\} 0$/m);
    const change = { params: { contract: 'transit' }, body: agreed('1', Date.UTC(2026, 10, 1)) };
    await expect(client.putContract(change)).rejects.toMatchObject({ code: 'period-closed', status: 409 });
    if (starts === 0) await running!.stop();
  }
}, 60_000);
