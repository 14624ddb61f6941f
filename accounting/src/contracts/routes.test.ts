import { writeFileSync } from 'node:fs';
import {
  accountingSettlementEndpoints,
  type Client,
  createClient,
  createHttpClient,
} from '@fairhop/shared/contract';
import {
  createAuthenticator,
  createHttpService,
  createLog,
  type HttpService,
  staticTokens,
} from '@fairhop/shared/service';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDirectory, demoGraph, startTestService } from '../fixture/service.js';
import { addContractRoutes } from './index.js';
import {
  charge,
  FEBRUARY_MS,
  isp,
  ispOwner,
  openTestContracts,
  operator,
  studio,
  type TestContracts,
} from './test-support.js';

type SettlementClient = Client<typeof accountingSettlementEndpoints>;
const details = {
  name: 'SP One Ltd',
  addressLines: ['1 High Street', 'London'],
  country: 'GB',
  vatId: 'GB123',
};
const contract = ispOwner([charge({ owner: 'moviestudio', destination: 'sp1' })]);
const params = { contract: 'sp1-studio' };
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );

describe('contracts over HTTP', () => {
  let test: TestContracts;
  let http: HttpService;
  const client = createHttpClient();
  const as = (token: string): SettlementClient =>
    createClient(accountingSettlementEndpoints, { http: client, baseUrl: http.url, token });
  beforeEach(async () => {
    test = openTestContracts();
    const principals = [operator, isp('sp1'), isp('sp2'), studio, { kind: 'edge', id: 'e1' } as const];
    const verify = staticTokens(principals.map((principal) => ({ token: principal.id, principal })));
    const log = createLog({ name: 'accounting', level: 'silent' });
    http = createHttpService({ name: 'accounting', host: '127.0.0.1', port: 0, log, bodyLimitBytes: 65_536 });
    http.routes((app) =>
      addContractRoutes(app, { auth: createAuthenticator({ verify }), contracts: test.contracts }),
    );
    await http.start();
  });
  afterEach(async () => {
    await http.stop();
    test.stop();
  });

  it('are put and ended by the operator, and read by their parties alone', async () => {
    for (const token of ['sp1', 'moviestudio', 'e1'])
      expect(await codeOf(as(token).putContract({ params, body: contract }))).toBe('forbidden');
    const put = await as('operator').putContract({ params, body: contract });
    for (const token of ['operator', 'sp1', 'moviestudio']) {
      expect(await as(token).getContract({ params })).toEqual(put);
      expect((await as(token).listContracts({})).contracts).toEqual([put]);
    }
    expect(await codeOf(as('sp2').getContract({ params }))).toBe('contract-unknown');
    expect((await as('sp2').listContracts({})).contracts).toEqual([]);
    const query = { atMs: FEBRUARY_MS };
    expect(await codeOf(as('sp1').endContract({ params, query }))).toBe('forbidden');
    expect((await as('operator').endContract({ params, query })).versions[0]?.toMs).toBe(FEBRUARY_MS);
    expect(await codeOf(as('e1').listContracts({}))).toBe('forbidden');
  });

  it('take a party’s name and address from itself or the operator, and show it no other’s', async () => {
    const own = { party: isp('sp1'), details };
    expect(await as('sp1').putParty({ params: isp('sp1'), body: details })).toEqual(own);
    expect((await as('sp1').listParties({})).parties).toEqual([own]);
    expect((await as('operator').listParties({})).parties).toHaveLength(4);
    for (const other of [isp('sp2'), operator, { kind: 'owner', id: 'sp1' } as const])
      expect(await codeOf(as('sp1').putParty({ params: other, body: details }))).toBe('forbidden');
    expect(await codeOf(as('e1').listParties({}))).toBe('forbidden');
    expect(await codeOf(as('operator').putParty({ params: isp('sp9'), body: details }))).toBe(
      'party-unknown',
    );
  });

  it.each([
    ['terms.currency', { currency: 'EUX' }],
    ['terms.timeZone', { timeZone: 'Europe/Atlantis' }],
  ])('say which field is wrong: %s', async (path, change) => {
    const body = { ...contract, terms: { ...contract.terms, ...change } };
    await expect(as('operator').putContract({ params, body })).rejects.toMatchObject({
      errors: [expect.objectContaining({ path: expect.stringContaining(path) })],
    });
  });
});

describe('the accounting service', () => {
  it('has objects of contracts follow the AS graph, also where it changed while the service was away', async () => {
    const directory = createTestDirectory();
    const config = { asGraphFile: directory.graphFile, dataDirectory: directory.dataDirectory };
    let test = await startTestService(config);
    const components = async () => {
      const { entities } = await test.client.getObject({ params: { id: `${params.contract}.traffic` } });
      return entities.flatMap(({ component, toMs }) => (toMs === null ? [component] : []));
    };
    const another = { ...demoGraph, ases: [...demoGraph.ases, { asn: 64504, name: 'SP2b', isp: 'sp2' }] };
    const link = { from: 64501, to: 64504, relationship: 'peer' };
    try {
      for (const party of [isp('sp1'), isp('sp2')])
        await test.client.putParty({ params: party, body: details });
      const peering = ispOwner([charge({ leaves: 'SP1', enters: 'sp2' })], {
        ...{ kind: 'isp-isp', issuer: isp('sp2'), payer: isp('sp1'), fromMs: 0 },
      });
      await test.client.putContract({ params, body: peering });
      writeFileSync(directory.graphFile, JSON.stringify({ ...another, links: [...another.links, link] }));
      await test.service.reloadAsGraph();
      expect(await components()).toEqual(['link:as:64501>as:64502', 'link:as:64501>as:64504']);
      await test.stop();
      writeFileSync(directory.graphFile, JSON.stringify(demoGraph));
      test = await startTestService(config);
      expect(await components()).toEqual(['link:as:64501>as:64502']);
    } finally {
      await test.stop();
      directory.remove();
    }
  });

  it('keeps contracts and their objects over a restart', async () => {
    const directory = createTestDirectory();
    const config = { asGraphFile: directory.graphFile, dataDirectory: directory.dataDirectory };
    let test = await startTestService(config);
    try {
      for (const party of [isp('sp1'), isp('sp2')])
        await test.client.putParty({ params: party, body: details });
      const peering = ispOwner([charge({ leaves: 'SP1', enters: 'sp2' })], {
        ...{ kind: 'isp-isp', issuer: isp('sp2'), payer: isp('sp1') },
      });
      const put = await test.client.putContract({ params, body: peering });
      await test.stop();
      test = await startTestService(config);
      expect(await test.client.getContract({ params })).toEqual(put);
      const { entities } = await test.client.getObject({ params: { id: put.objects[0]! } });
      expect(entities.map(({ component }) => component)).toEqual(['link:as:64501>as:64502']);
    } finally {
      await test.stop();
      directory.remove();
    }
  });
});
