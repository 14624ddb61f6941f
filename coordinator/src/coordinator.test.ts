import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator, testGraph } from './test-kit.js';
import { openTestSession, type TestSession } from './test-session.js';

let fixture: CoordinatorFixture | undefined;
afterEach(async () => {
  await fixture?.stop();
  fixture = undefined;
});

/** The answer to an upgrade that is refused. */
function upgrade(url: string, headers: Record<string, string>) {
  return new Promise<{ status: number; headers: IncomingHttpHeaders; text: string }>((resolve, reject) => {
    const asked = request(`${url}/v1/session`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': Buffer.alloc(16).toString('base64'),
        ...headers,
      },
    });
    asked.once('response', async (response) => {
      const chunks: Buffer[] = await response.toArray();
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString('utf8'),
      });
    });
    asked.once('error', reject);
    asked.end();
  });
}

describe('a coordinator', () => {
  it('says who it is, and keeps its key, token and id over a restart', async () => {
    fixture = await startCoordinator({ accountingUrl: 'http://127.0.0.1:4602' });
    const info = await fixture.client.info({});
    expect(info).toMatchObject({ id: 'coordinator', accountingUrl: 'http://127.0.0.1:4602' });
    expect(await fixture.client.jwks({})).toEqual({
      keys: [
        { kty: 'OKP', crv: 'Ed25519', x: info.publicKey, kid: info.publicKey, alg: 'EdDSA', use: 'sig' },
      ],
    });
    const { operatorToken } = fixture.coordinator;
    fixture = await fixture.restart();
    expect((await fixture.client.info({})).publicKey).toBe(info.publicKey);
    expect(fixture.coordinator.operatorToken).toBe(operatorToken);
  });

  it('keeps its operator token for the operator alone', async () => {
    fixture = await startCoordinator();
    const file = join(fixture.config.dataDirectory, 'operator.token');
    expect((await readFile(file, 'utf8')).trim()).toBe(fixture.coordinator.operatorToken);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const token = 'given-by-configuration';
    const other = await startCoordinator({ operatorToken: token });
    try {
      expect(other.coordinator.operatorToken).toBe(token);
      expect(await readdir(other.config.dataDirectory)).not.toContain('operator.token');
    } finally {
      await other.stop();
    }
  });

  it('answers health, metrics and documentation', async () => {
    fixture = await startCoordinator();
    const get = async (path: string, token?: string) => {
      const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const response = await fetch(fixture!.url + path, { headers });
      return { status: response.status, text: await response.text() };
    };
    expect(await get('/healthz')).toMatchObject({ status: 200 });
    expect(await get('/readyz')).toMatchObject({ status: 200, text: expect.stringContaining('database') });
    expect(await get('/metrics')).toMatchObject({ status: 401 });
    const metrics = await get('/metrics', fixture.coordinator.operatorToken);
    expect(metrics.text).toContain('fairhop_edges_alive{service="coordinator"} 0');
    expect((await get('/docs/json')).text).toContain('/v1/titles/{owner}/{name}');
  });

  it('refuses a data directory that another one has, and one of a newer version', async () => {
    fixture = await startCoordinator();
    const { dataDirectory } = fixture.config;
    await expect(startCoordinator({ dataDirectory })).rejects.toMatchObject({
      code: 'data-directory-locked',
    });
    expect(await fixture.client.info({})).toMatchObject({ id: 'coordinator' });

    const other = await startCoordinator();
    await other.coordinator.stop();
    const format = join(other.config.dataDirectory, 'format.json');
    await writeFile(format, JSON.stringify({ name: 'coordinator', version: 1000 }));
    await expect(startCoordinator({ dataDirectory: other.config.dataDirectory })).rejects.toMatchObject({
      code: 'data-directory-newer',
    });
    await other.stop();
  });

  it('leaves nothing open when its port is in use, nor when the AS graph is wrong', async () => {
    fixture = await startCoordinator();
    const port = Number(new URL(fixture.url).port);
    const other = await startCoordinator();
    const { dataDirectory } = other.config;
    await other.coordinator.stop();
    await expect(startCoordinator({ dataDirectory, port })).rejects.toMatchObject({ code: 'port-in-use' });
    await expect(
      startCoordinator({ dataDirectory, asGraphFile: '/nowhere/graph.json' }),
    ).rejects.toMatchObject({
      code: 'as-graph-unreadable',
      message: expect.stringContaining('/nowhere/graph.json'),
    });
    const graphFile = join(dataDirectory, '..', 'wrong.json');
    await writeFile(graphFile, JSON.stringify({ version: 1, ases: [{ asn: 0 }] }));
    await expect(startCoordinator({ dataDirectory, asGraphFile: graphFile })).rejects.toMatchObject({
      code: 'as-graph-invalid',
      errors: expect.arrayContaining([expect.objectContaining({ path: 'ases.0.asn' })]),
    });
    const again = await startCoordinator({ dataDirectory });
    await again.stop();
    await other.stop();
  });

  it('lets an agent in, tells its permit, and takes it away within the session', async () => {
    fixture = await startCoordinator();
    const validFromMs = Date.now() - 1000;
    const terms = { networks: ['127.1.0.0/16'], validFromMs, validUntilMs: validFromMs + 86_400_000 };
    const params = { isp: 'sp1', id: 'homes' };
    await fixture.client.putAgreement({ params, body: terms });
    const session: TestSession = await openTestSession(fixture, { address: '127.1.0.5' });
    try {
      expect(await session.next('welcome')).toMatchObject({
        address: '127.1.0.5',
        asn: 64501,
        isp: 'sp1',
        permit: { id: 'sp1/homes', source: 'agreement', terms },
      });
      expect(await fixture.client.status({})).toMatchObject({ sessions: 1, grants: 0 });
      await fixture.client.withdrawAgreement({ params });
      expect(await session.next('permit')).toMatchObject({
        permit: null,
        reason: expect.stringContaining('withdrawn'),
      });
    } finally {
      await session.close();
    }
  });

  it('takes a changed AS graph without a restart, and keeps the one before a wrong one', async () => {
    fixture = await startCoordinator({ asGraphCheckIntervalMs: 100 });
    const file = fixture.config.asGraphFile!;
    const { client } = fixture;
    const put = async (graph: unknown): Promise<void> => {
      await writeFile(`${file}.new`, JSON.stringify(graph));
      await rename(`${file}.new`, file);
    };
    const agreement = {
      params: { isp: 'sp3', id: 'homes' },
      body: { networks: ['127.3.0.0/16'], validFromMs: 0, validUntilMs: 8_000_000_000_000 },
    };
    await expect(client.putAgreement(agreement)).rejects.toMatchObject({ code: 'isp-unknown' });
    const session = await openTestSession(fixture, { address: '127.3.0.5' });
    expect(await session.next('welcome')).toMatchObject({ asn: null, isp: null });
    await put({
      ...testGraph,
      ases: [...testGraph.ases, { asn: 64503, name: 'SP3', isp: 'sp3' }],
      isps: [...testGraph.isps, { id: 'sp3', name: 'Service provider 3' }],
      prefixes: [...testGraph.prefixes, { prefix: '127.3.0.0/16', asn: 64503 }],
      links: [...testGraph.links, { from: 64503, to: 64502, relationship: 'customer-of' }],
    });
    await session.closed;
    expect(await client.putAgreement(agreement)).toMatchObject({ isp: 'sp3' });
    const again = await openTestSession(fixture, { address: '127.3.0.5' });
    expect(await again.next('welcome')).toMatchObject({ asn: 64503, isp: 'sp3', permit: { isp: 'sp3' } });
    await put({ version: 1 });
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await client.listIsps({})).isps.map(({ id }) => id)).toContain('sp3');
    await again.close();
  });

  it('refuses an upgrade with a problem that names its code', async () => {
    fixture = await startCoordinator();
    const { status, headers, text } = await upgrade(fixture.url, { origin: 'https://evil.example' });
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(text)).toMatchObject({ code: 'origin-not-allowed', status: 403 });
  });

  it('ends its sessions when it stops', async () => {
    fixture = await startCoordinator();
    const session = await openTestSession(fixture, { address: '127.9.0.1' });
    expect(await session.next('welcome')).toMatchObject({ asn: null, isp: null, permit: null });
    await fixture.stop();
    fixture = undefined;
    await session.closed;
  });
});
