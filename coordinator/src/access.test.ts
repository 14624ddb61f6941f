import { coordinatorEndpoints, coordinatorTrustEndpoints } from '@fairhop/shared/contract';
import { createIdentity } from '@fairhop/shared/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { altoMapsOf } from './selection/fixture.js';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from './test-kit.js';

/** Who calls; `other` is one of the same kind as the resource's own, but another. */
const principals = ['stranger', 'operator', 'owner', 'otherOwner', 'isp', 'otherIsp', 'edge'] as const;
type PrincipalName = (typeof principals)[number];
const endpoints = { ...coordinatorEndpoints, ...coordinatorTrustEndpoints };
type EndpointName = keyof typeof endpoints;

const everybody = [...principals];
const allowed: Record<EndpointName, readonly PrincipalName[]> = {
  info: everybody,
  jwks: everybody,
  listTitles: everybody,
  getTitle: everybody,
  getManifest: everybody,
  listIsps: everybody,
  listEdges: everybody,
  // Join token and signature are their proof.
  registerEdge: everybody,
  edgeHeartbeat: everybody,
  publish: ['operator', 'owner'],
  withdraw: ['operator', 'owner'],
  getContentSource: ['operator', 'edge'],
  putOwner: ['operator'],
  getOwner: ['operator', 'owner'],
  listOwners: ['operator'],
  createOwnerApiKey: ['operator'],
  listOwnerApiKeys: ['operator'],
  deleteOwnerApiKey: ['operator'],
  createIspApiKey: ['operator'],
  listIspApiKeys: ['operator'],
  deleteIspApiKey: ['operator'],
  listAgreements: ['operator', 'isp'],
  putAgreement: ['operator', 'isp'],
  withdrawAgreement: ['operator', 'isp'],
  putPermitKey: ['operator', 'isp'],
  removePermitKey: ['operator', 'isp'],
  putAlto: ['operator', 'isp'],
  putAltoUrl: ['operator', 'isp'],
  getAlto: ['operator', 'isp'],
  removeAlto: ['operator', 'isp'],
  createJoinToken: ['operator'],
  rotateSigningKey: ['operator'],
  status: ['operator'],
  listDraws: ['operator'],
  putQuarantine: ['operator'],
  listQuarantine: ['operator'],
  releaseQuarantine: ['operator'],
  listAudits: ['operator'],
  checkDraws: ['operator'],
  whoAmI: everybody.filter((principal) => principal !== 'stranger'),
};

const params: Readonly<Record<string, string>> = {
  owner: 'studio',
  name: 'film.mp4',
  isp: 'sp1',
  contentId: 'c'.repeat(64),
  keyId: '0123456789abcdef',
  id: 'homes',
  agent: createIdentity().key,
};

const bodies: Partial<Record<EndpointName, unknown>> = {
  publish: publicationOf(Buffer.alloc(1_000, 1)),
  putOwner: { name: 'The studio' },
  putAgreement: { networks: ['127.1.0.0/16'], validFromMs: 0, validUntilMs: 8_000_000_000_000 },
  putPermitKey: { publicKey: createIdentity().key },
  putAlto: altoMapsOf(['home'], {}),
  rotateSigningKey: { revokeOld: false },
  putQuarantine: {
    by: 'operator',
    untilMs: null,
    suspicions: [{ check: 'manual', score: 100, message: 'seen', evidence: [], timeMs: 0 }],
  },
  checkDraws: { transferIds: ['01234567-89ab-7cde-8f01-23456789abcd'] },
  putAltoUrl: { url: 'http://127.0.0.1:9/alto' },
};

let fixture: CoordinatorFixture;
const tokens = new Map<PrincipalName, string | undefined>();

beforeAll(async () => {
  fixture = await startCoordinator();
  const { client, coordinator } = fixture;
  for (const owner of ['studio', 'label'])
    await client.putOwner({ params: { owner }, body: { name: owner } });
  const ownerKey = async (owner: string) => (await client.createOwnerApiKey({ params: { owner } })).apiKey;
  const ispKey = async (isp: string) => (await client.createIspApiKey({ params: { isp } })).apiKey;
  tokens.set('operator', coordinator.operatorToken);
  tokens.set('owner', await ownerKey('studio'));
  tokens.set('otherOwner', await ownerKey('label'));
  tokens.set('isp', await ispKey('sp1'));
  tokens.set('otherIsp', await ispKey('sp2'));
  tokens.set('edge', (await createTestEdge(fixture).register()).accessToken);
});
afterAll(() => fixture.stop());

async function call(
  name: EndpointName,
  token: string | undefined,
): Promise<{ status: number; code: string }> {
  const { method, path } = endpoints[name];
  const body = bodies[name] ?? (method === 'GET' || method === 'DELETE' ? undefined : {});
  const response = await fetch(
    fixture.url + path.replace(/:([A-Za-z]+)/g, (_, parameter: string) => params[parameter]!),
    {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    },
  );
  const text = await response.text();
  return { status: response.status, code: String((JSON.parse(text) as { code?: string }).code) };
}

describe.each(Object.keys(allowed) as EndpointName[])('%s', (name) => {
  it.each(principals)('for %s', async (principal) => {
    const { status, code } = await call(name, tokens.get(principal));
    if (allowed[name].includes(principal)) {
      expect(code).not.toBe('forbidden');
      expect(code).not.toBe('unauthenticated');
    } else if (principal === 'stranger')
      expect({ status, code }).toEqual({ status: 401, code: 'unauthenticated' });
    else expect({ status, code }).toEqual({ status: 403, code: 'forbidden' });
  });

  it('for a made-up token', async () => {
    const { status, code } = await call(name, 'fairhop_made-up');
    if (allowed[name] === everybody) expect(code).not.toBe('unauthenticated');
    else expect({ status, code }).toEqual({ status: 401, code: 'unauthenticated' });
  });
});

describe('whoAmI', () => {
  it.each([
    ['operator', { kind: 'operator', id: 'operator' }],
    ['owner', { kind: 'owner', id: 'studio' }],
    ['isp', { kind: 'isp', id: 'sp1' }],
    ['otherIsp', { kind: 'isp', id: 'sp2' }],
    ['edge', { kind: 'edge', id: expect.any(String) }],
  ] as const)('tells %s who it is', async (principal, expected) => {
    const holder = fixture.clientOf({ token: tokens.get(principal)! });
    expect(await holder.whoAmI({})).toEqual(expected);
  });
});

describe('API keys', () => {
  it.each(['owner', 'isp'] as const)(
    'of an %s are listed without the key, and end at once when deleted',
    async (kind) => {
      const { client } = fixture;
      const ownerParams = { owner: 'studio' };
      const ispParams = { isp: 'sp1' };
      const { id, apiKey } =
        kind === 'owner'
          ? await client.createOwnerApiKey({ params: ownerParams })
          : await client.createIspApiKey({ params: ispParams });
      const { apiKeys } =
        kind === 'owner'
          ? await client.listOwnerApiKeys({ params: ownerParams })
          : await client.listIspApiKeys({ params: ispParams });
      expect(apiKeys).toContainEqual({ id, createdMs: expect.any(Number) });
      expect(JSON.stringify(apiKeys)).not.toContain(apiKey);
      const holder = fixture.clientOf({ token: apiKey });
      const act = () =>
        kind === 'owner'
          ? holder.publish({ params: { owner: 'studio', name: 'new' }, body: publicationOf(Buffer.alloc(9)) })
          : holder.listAgreements({ params: ispParams });
      await act();
      const remove = () =>
        kind === 'owner'
          ? client.deleteOwnerApiKey({ params: { ...ownerParams, keyId: id } })
          : client.deleteIspApiKey({ params: { ...ispParams, keyId: id } });
      await remove();
      await expect(act()).rejects.toMatchObject({ code: 'unauthenticated', status: 401 });
      await expect(remove()).rejects.toMatchObject({ code: 'api-key-unknown', status: 404 });
    },
  );

  it('of one owner cannot be deleted through another', async () => {
    const { id } = await fixture.client.createOwnerApiKey({ params: { owner: 'studio' } });
    const params = { owner: 'label', keyId: id };
    await expect(fixture.client.deleteOwnerApiKey({ params })).rejects.toMatchObject({
      code: 'api-key-unknown',
    });
  });
});
