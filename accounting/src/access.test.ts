import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { START_MS } from './ledger/test-support.js';
import { sp1Topology, startTestNetworks, type TestNetworks } from './networks/fixture.js';

/** What a coordinator says of its keys. */
const holders: Record<string, { kind: string; id: string; expiresMs?: number }> = {
  'key-of-sp1': { kind: 'isp', id: 'sp1' },
  'key-of-sp2': { kind: 'isp', id: 'sp2' },
  'key-of-owner': { kind: 'owner', id: 'moviestudio' },
  'coordinator-operator': { kind: 'operator', id: 'operator' },
  'token-of-edge': { kind: 'edge', id: 'edge1' },
};

let coordinator: Server;
let asked: string[];
let isUp: boolean;
let test: TestNetworks;
beforeEach(async () => {
  asked = [];
  isUp = true;
  coordinator = createServer((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    asked.push(`${request.url} ${token}`);
    const holder = holders[token];
    const [status, type, body] = isUp
      ? holder === undefined
        ? [401, 'application/problem+json', problem]
        : [200, 'application/json', holder]
      : [500, 'text/plain', 'down'];
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => coordinator.listen(0, '127.0.0.1', resolve));
  const { port } = coordinator.address() as AddressInfo;
  test = await startTestNetworks({ coordinatorUrl: `http://127.0.0.1:${port}` });
});
afterEach(async () => {
  await test.stop();
  coordinator.closeAllConnections();
  await new Promise((resolve) => coordinator.close(resolve));
});

const problem = {
  type: 'about:blank',
  title: 'No',
  status: 401,
  code: 'unauthenticated',
  detail: 'no such key',
};
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );
const put = (token: string, isp = 'sp1') =>
  test.clientOf(token).putTopology({ params: { isp }, query: {}, body: sp1Topology });

describe('access to networks', () => {
  it('lets an ISP declare and read its own topology with its key, as its own word', async () => {
    const declared = await test.clientOf('key-of-sp1').putTopology({
      params: { isp: 'sp1' },
      query: {},
      body: { ...sp1Topology, attachments: [{ prefix: '127.2.0.0/16', node: 'sw1.sp1.example' }] },
    });
    expect(declared).toMatchObject({ declaredBy: 'isp sp1', refused: [{ code: 'prefix-not-own' }] });
    const own = test.clientOf('key-of-sp1');
    expect(await own.getTopology({ params: { isp: 'sp1' }, query: {} })).toMatchObject({ version: 1 });
    expect((await own.listTopologies({ params: { isp: 'sp1' }, query: {} })).topologies).toHaveLength(1);
    expect(asked).toEqual(['/v1/whoami key-of-sp1']);
  });

  it('lets nobody else', async () => {
    expect(await codeOf(put('key-of-sp2'))).toBe('forbidden');
    const other = test.clientOf('key-of-sp2');
    expect(await codeOf(other.getTopology({ params: { isp: 'sp1' }, query: {} }))).toBe('forbidden');
    expect(await codeOf(other.listTopologies({ params: { isp: 'sp1' }, query: {} }))).toBe('forbidden');
    expect(await codeOf(put('key-of-owner'))).toBe('forbidden');
    expect(await codeOf(put('coordinator-operator'))).toBe('no error');
    for (const token of ['token-of-edge', 'key-of-nobody'])
      expect(await codeOf(put(token))).toBe('unauthenticated');
  });

  it('asks again after five seconds, and tells when the coordinator cannot say', async () => {
    await put('key-of-sp1');
    isUp = false;
    await put('key-of-sp1');
    test.clock.advance(5_000);
    await expect(put('key-of-sp1')).rejects.toMatchObject({ code: 'access-unverifiable', status: 503 });
    expect(await put(test.operatorToken)).toMatchObject({ validFromMs: START_MS });
    isUp = true;
    expect(await codeOf(put('key-of-sp1'))).toBe('no error');
    expect(asked).toHaveLength(3);
  });

  it('takes no key beyond its end', async () => {
    holders['key-that-ends'] = { kind: 'isp', id: 'sp1', expiresMs: test.clock.nowMs() + 2_000 };
    expect(await codeOf(put('key-that-ends'))).toBe('no error');
    delete holders['key-that-ends'];
    test.clock.advance(1_999);
    expect(await codeOf(put('key-that-ends'))).toBe('no error');
    test.clock.advance(1);
    expect(await codeOf(put('key-that-ends'))).toBe('unauthenticated');
  });

  it('does not let an address with unknown tokens use up what the coordinator takes from this service', async () => {
    await put('key-of-sp1');
    const guesses = Array.from({ length: 100 }, (_, index) => index);
    const codes: string[] = [];
    for (const guess of guesses) codes.push(await codeOf(put(`guess-${guess}`)));
    expect(new Set(codes)).toEqual(new Set(['unauthenticated', 'too-many-unknown-tokens']));
    expect(asked).toHaveLength(61);
    for (const token of ['key-of-sp1', test.operatorToken]) expect(await codeOf(put(token))).toBe('no error');
    test.clock.advance(60_000);
    expect(await codeOf(put('key-of-sp1'))).toBe('no error');
    expect(asked).toHaveLength(62);
  });

  it('asks once for requests of one key at a time', async () => {
    const calls = Array.from({ length: 20 }, () => codeOf(put('key-of-nobody')));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['unauthenticated']));
    expect(asked).toHaveLength(1);
  });
});
