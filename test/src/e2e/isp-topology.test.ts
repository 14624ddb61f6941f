import { accountingEndpoints, createClient, createHttpClient } from '@fairhop/shared/contract';
import { expect, it, onTestFinished } from 'vitest';
import { startNetwork } from './fixture/network.js';

const topology = {
  version: 1 as const,
  nodes: [{ name: 'bas1.sanjose.sp1.example', kind: 'router' as const, asn: 64501 }],
  internalLinks: [],
  peeringLinks: [],
  attachments: [{ prefix: '127.1.0.0/16', node: 'bas1.sanjose.sp1.example' }],
};

it('an ISP declares its own networks to accounting with the key that the coordinator gave it, until that ends', async () => {
  const network = await startNetwork();
  const params = { isp: 'sp1' };
  const { id: keyId, apiKey } = await network.coordinatorClient.createIspApiKey({ params });
  const http = createHttpClient();
  onTestFinished(() => http.close());
  const sp1 = createClient(accountingEndpoints, { http, baseUrl: network.accounting.url, token: apiKey });

  const declared = await sp1.putTopology({ params, query: {}, body: topology });
  expect(declared).toMatchObject({ version: 1, declaredBy: 'isp sp1', refused: [] });
  const { path } = await network.accountingClient.explainPath({
    query: { source: '127.1.0.10', destination: '127.1.0.20' },
  });
  expect(path?.elements).toContainEqual({
    component: 'router:bas1.sanjose.sp1.example',
    source: 'declared',
    confidence: 100,
    billable: true,
  });
  const others = { params: { isp: 'sp2' }, query: {}, body: { ...topology, nodes: [], attachments: [] } };
  await expect(sp1.putTopology(others)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(
    sp1.explainPath({ query: { source: '127.1.0.1', destination: '127.2.0.1' } }),
  ).rejects.toMatchObject({
    code: 'forbidden',
  });

  const { apiKey: ended } = await network.coordinatorClient.createIspApiKey({ params });
  const { apiKeys } = await network.coordinatorClient.listIspApiKeys({ params });
  for (const { id } of apiKeys)
    if (id !== keyId) await network.coordinatorClient.deleteIspApiKey({ params: { ...params, keyId: id } });
  const former = createClient(accountingEndpoints, { http, baseUrl: network.accounting.url, token: ended });
  await expect(former.getTopology({ params, query: {} })).rejects.toMatchObject({ code: 'unauthenticated' });

  await network.accounting.kill();
  await network.accounting.start();
  expect(await network.accountingClient.getTopology({ params, query: {} })).toEqual(declared);
});
