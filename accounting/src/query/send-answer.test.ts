import { accountingEndpoints, type QueryResult } from '@fairhop/shared/contract';
import { createHttpService, createLog, route } from '@fairhop/shared/service';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sendAnswer } from './index.js';

const rows = [
  { key: { owner: 'a, b' }, value: 2 ** 53 - 2 },
  { key: { owner: 'c' }, value: 1 },
];
const result: QueryResult = {
  ...{ measure: 'bytes', unit: 'bytes', value: 2 ** 53 - 1, rows, rowsAddUp: true },
  ...{ answeredBy: 'owner-hours', fromMs: null, toMs: null },
};
const service = createHttpService({
  ...{
    name: 'trial',
    host: '127.0.0.1',
    port: 0,
    bodyLimitBytes: 10_000,
    log: createLog({ name: 'trial', level: 'silent' }),
  },
});
service.routes((app) => route(app, accountingEndpoints.query, {}, (input) => sendAnswer(input, result)));
beforeAll(() => service.start());
afterAll(() => service.stop());

const ask = (accept: string): Promise<Response> =>
  fetch(`${service.url}/v1/queries`, {
    method: 'POST',
    headers: { accept, 'content-type': 'application/json' },
    body: JSON.stringify({ measure: 'bytes', groupBy: ['owner'] }),
  });

it('answers in what is accepted, the same in each, and in JSON by default', async () => {
  const csv = await ask('text/csv');
  expect(csv.headers.get('content-type')).toMatch(/^text\/csv/);
  expect(await csv.text()).toBe('owner,bytes\r\n"a, b",9007199254740990\r\nc,1\r\n');
  const parquet = await ask('application/vnd.apache.parquet');
  expect(parquet.headers.get('content-type')).toBe('application/vnd.apache.parquet');
  expect(await parquetReadObjects({ file: await parquet.arrayBuffer() })).toEqual([
    { owner: 'a, b', bytes: 9_007_199_254_740_990n },
    { owner: 'c', bytes: 1n },
  ]);
  for (const accept of ['*/*', 'application/json, text/csv;q=0.5'])
    expect(await (await ask(accept)).json()).toEqual(result);
});
