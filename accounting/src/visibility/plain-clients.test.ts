import { statSync } from 'node:fs';
import { join } from 'node:path';
import { accountingEndpoints, createClient, createHttpClient, querySchema } from '@fairhop/shared/contract';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestCoordinator } from '../fixture/coordinator.js';
import { createTestReporter, edgeTransfer, pastSecond } from '../fixture/reporter.js';
import { createTestDirectory, startTestService, type TestService } from '../fixture/service.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('the address of a plain HTTP client', () => {
  it('is in no answer to an owner, which tells its clients apart all the same, over restarts', async () => {
    const directory = createTestDirectory();
    cleanups.push(directory.remove);
    const coordinator = await createTestCoordinator(Date.now);
    cleanups.push(coordinator.close);
    coordinator.holders.set('key-of-owner', { kind: 'owner', id: 'moviestudio' });
    const { dataDirectory, graphFile: asGraphFile } = directory;
    const start = () => startTestService({ asGraphFile, dataDirectory, coordinatorUrl: coordinator.url });
    let accounting: TestService = await start();
    cleanups.push(() => accounting.stop());
    const http = createHttpClient();
    cleanups.push(() => http.close());
    const address = '127.2.0.77';
    const edge = createTestReporter(coordinator, 'edge', () => accounting.url);
    const toClient = { destination: `host:${address}`, destinationAddress: address };
    await edge.post([edgeTransfer({ bytes: 9, ...toClient, ...pastSecond() })]);

    const query = querySchema.parse({ measure: 'bytes', groupBy: ['destinationHost'] });
    const answers = async (): Promise<string[]> => {
      const owner = { http, baseUrl: accounting.url, token: 'key-of-owner' };
      const client = createClient(accountingEndpoints, owner);
      await client.putSavedQuery({ params: { id: 'hosts' }, body: { name: 'hosts', query } });
      const csv = await fetch(`${accounting.url}/v1/queries`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer key-of-owner',
          'content-type': 'application/json',
          accept: 'text/csv',
        },
        body: JSON.stringify(query),
      });
      const read = [
        await client.query({ body: query }),
        await client.runSavedQuery({ params: { id: 'hosts' }, body: {} }),
        await client.listOwnEvents({ query: {} }),
      ];
      return [...read.map((answer) => JSON.stringify(answer)), await csv.text()];
    };
    const pseudonymOf = (answer: string) => /host:pseudonym~[0-9a-f]{32}/.exec(answer)?.[0];
    const before = await answers();
    expect(before.join()).not.toContain(address);
    const [pseudonym] = before.map(pseudonymOf);
    expect(pseudonym).toBeDefined();
    await accounting.stop();
    accounting = await start();
    expect((await answers()).map(pseudonymOf)).toEqual(before.map(() => pseudonym));
    expect(statSync(join(dataDirectory, 'pseudonyms.secret')).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(await accounting.client.query({ body: query }))).toContain(address);
  });
});
