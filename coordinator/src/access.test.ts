import { coordinatorEndpoints, coordinatorTrustEndpoints } from '@fairhop/shared/contract';
import { createIdentity } from '@fairhop/shared/crypto';
import { keyScopeSchema, type Organisation, roleSchema, scopesOfRole } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { altoMapsOf } from './selection/fixture.js';
import { type CoordinatorFixture, createTestEdge, publicationOf, startCoordinator } from './test-kit.js';
import { createUserOf } from './test-users.js';

const endpoints = { ...coordinatorEndpoints, ...coordinatorTrustEndpoints };
type EndpointName = keyof typeof endpoints;

type Kind = 'operator' | 'owner' | 'isp' | 'edge';
const everybody = 'everybody';
const members = ['operator', 'owner', 'isp'] as const;
interface Rule {
  /** `own`: of owners and ISPs, only the one that the endpoint is called for. */
  readonly who: readonly Kind[] | 'everybody';
  readonly own?: boolean;
  /** Of users and keys. */
  readonly scope?: string;
}
const operator = (scope: string): Rule => ({ who: ['operator'], scope });
const own = (kind: 'owner' | 'isp', scope: string): Rule => ({ who: ['operator', kind], own: true, scope });
const member = (scope?: string): Rule => ({ who: members, ...(scope !== undefined && { scope }) });

/** Who may do what. */
const rules: Record<EndpointName, Rule> = {
  info: { who: everybody },
  jwks: { who: everybody },
  listTitles: { who: everybody },
  getTitle: { who: everybody },
  getManifest: { who: everybody },
  listIsps: { who: everybody },
  listEdges: { who: everybody },
  // Join token, signature, password or one-time token are their proof.
  registerEdge: { who: everybody },
  edgeHeartbeat: { who: everybody },
  login: { who: everybody },
  setPassword: { who: everybody },
  beginOidcLogin: { who: everybody },
  oidcCallback: { who: everybody },
  finishOidcLogin: { who: everybody },
  whoAmI: { who: [...members, 'edge'] },
  logout: member(),
  changePassword: member(),
  publish: own('owner', 'publish'),
  withdraw: own('owner', 'publish'),
  getContentSource: { who: ['operator', 'edge'], scope: 'read' },
  putOwner: operator('write'),
  getOwner: own('owner', 'read'),
  listOwners: operator('read'),
  createOwnerApiKey: operator('admin'),
  listOwnerApiKeys: operator('admin'),
  deleteOwnerApiKey: operator('admin'),
  createIspApiKey: operator('admin'),
  listIspApiKeys: operator('admin'),
  deleteIspApiKey: operator('admin'),
  listAgreements: own('isp', 'read'),
  putAgreement: own('isp', 'write'),
  withdrawAgreement: own('isp', 'write'),
  putPermitKey: own('isp', 'write'),
  removePermitKey: own('isp', 'write'),
  putAlto: own('isp', 'write'),
  putAltoUrl: own('isp', 'write'),
  getAlto: own('isp', 'read'),
  removeAlto: own('isp', 'write'),
  createJoinToken: operator('write'),
  rotateSigningKey: operator('write'),
  status: operator('read'),
  listDraws: operator('read'),
  putQuarantine: operator('write'),
  listQuarantine: operator('read'),
  pageQuarantine: operator('read'),
  releaseQuarantine: operator('write'),
  listAudits: operator('read'),
  checkDraws: operator('read'),
  // Which policies and actions are theirs is tested beside them.
  listPolicies: { who: ['operator', 'isp'], scope: 'read' },
  getPolicy: { who: ['operator', 'isp'], scope: 'read' },
  putPolicy: { who: ['operator', 'isp'], scope: 'write' },
  removePolicy: { who: ['operator', 'isp'], scope: 'write' },
  feedPolicies: operator('write'),
  putBudgetActions: operator('write'),
  listBudgetActions: operator('read'),
  // Whose users, keys and entries they are is tested beside them.
  createUser: member('admin'),
  listUsers: member('admin'),
  changeUser: member('admin'),
  removeUser: member('admin'),
  resetPassword: member('admin'),
  createApiKey: member('admin'),
  listApiKeys: member('admin'),
  rotateApiKey: member('admin'),
  revokeApiKey: member('admin'),
  listAuditTrail: member('admin'),
};

const params: Readonly<Record<string, string>> = {
  owner: 'studio',
  name: 'film.mp4',
  isp: 'sp1',
  contentId: 'c'.repeat(64),
  keyId: '0123456789abcdef',
  userId: '0123456789abcdef',
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
  changePassword: { current: 'not the right one', next: 'another password' },
};

/** Who calls. */
interface Caller {
  readonly name: string;
  readonly kind?: Kind;
  /** Another one than the endpoints are called for. */
  readonly isOther?: boolean;
  /** Undefined: all. */
  readonly scopes?: readonly string[];
  /** The same one each time, but for what ends it. */
  token(endpoint: EndpointName): Promise<string | undefined>;
}

function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const callersOf = (organisation: Organisation, isOther: boolean): Caller[] => {
  const { kind, id } = organisation;
  const who = kind === 'operator' ? 'operator' : `${kind} ${id}`;
  return [
    ...roleSchema.options.map((role): Caller => {
      const user = { organisation, role };
      const made = once(() => createUserOf(fixture, user));
      const session = once(async () => (await made()).login());
      return {
        name: `${role} of ${who}`,
        ...{ kind, isOther, scopes: scopesOfRole[role] },
        token: async (endpoint) => (endpoint === 'logout' ? (await made()).login() : session()),
      };
    }),
    ...keyScopeSchema.options.map((scope): Caller => {
      const body = { organisation, name: scope, scopes: [scope] };
      return {
        name: `key of ${who} to ${scope}`,
        ...{ kind, isOther, scopes: [scope] },
        token: once(async () => (await fixture.client.createApiKey({ body })).apiKey),
      };
    }),
  ];
};
const callers: readonly Caller[] = [
  { name: 'a stranger', token: async () => undefined },
  { name: 'the operator’s token', kind: 'operator', token: async () => fixture.coordinator.operatorToken },
  {
    name: 'an edge',
    kind: 'edge',
    token: once(async () => (await createTestEdge(fixture).register()).accessToken),
  },
  ...callersOf({ kind: 'operator', id: 'operator' }, false),
  ...callersOf({ kind: 'owner', id: 'studio' }, false),
  ...callersOf({ kind: 'owner', id: 'label' }, true),
  ...callersOf({ kind: 'isp', id: 'sp1' }, false),
  ...callersOf({ kind: 'isp', id: 'sp2' }, true),
];

let fixture: CoordinatorFixture;
beforeAll(async () => {
  fixture = await startCoordinator();
  for (const owner of ['studio', 'label'])
    await fixture.client.putOwner({ params: { owner }, body: { name: owner } });
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
  // RFC 9110, 11.6.1.
  if (response.status === 401) expect(response.headers.get('www-authenticate')).toContain('Bearer');
  const text = await response.text();
  return { status: response.status, code: String((JSON.parse(text) as { code?: string }).code) };
}

const REFUSALS = ['unauthenticated', 'forbidden', 'not-yours', 'scope-missing'];

/** The refusal that is right; undefined where the caller may. */
function refusalOf({ who, own: isOwn = false, scope }: Rule, { kind, isOther, scopes }: Caller) {
  if (who === 'everybody') return undefined;
  if (kind === undefined) return 'unauthenticated';
  if (!who.includes(kind)) return 'forbidden';
  if (scope !== undefined && scopes?.includes(scope) === false) return 'scope-missing';
  return isOwn && isOther === true ? 'forbidden' : undefined;
}

it('has a rule for each endpoint', () => {
  expect(Object.keys(rules).sort()).toEqual(Object.keys(endpoints).sort());
});

describe.each(callers)('$name', (caller) => {
  it('may do what the table says, and nothing else', async () => {
    for (const name of Object.keys(rules) as EndpointName[]) {
      const { status, code } = await call(name, await caller.token(name));
      const refusal = refusalOf(rules[name], caller);
      if (refusal === undefined) expect(REFUSALS, name).not.toContain(code);
      else
        expect({ name, status, code }).toEqual({
          name,
          status: refusal === 'unauthenticated' ? 401 : 403,
          code: refusal,
        });
    }
  });
});

it('answers a made-up token with 401, whatever it asks for', async () => {
  for (const name of Object.keys(rules) as EndpointName[]) {
    const { status, code } = await call(name, 'fairhop_made-up');
    if (rules[name].who === 'everybody') expect(code).not.toBe('unauthenticated');
    else expect({ name, status, code }).toEqual({ name, status: 401, code: 'unauthenticated' });
  }
});

describe('whoAmI', () => {
  it('tells each holder of a token who it is, and what it may do', async () => {
    const whoIs = async (token: string) => fixture.clientOf({ token }).whoAmI({});
    expect(await whoIs(fixture.coordinator.operatorToken)).toEqual({ kind: 'operator', id: 'operator' });
    const { apiKey, id } = await fixture.client.createOwnerApiKey({ params: { owner: 'studio' } });
    expect(await whoIs(apiKey)).toEqual({
      ...{ kind: 'owner', id: 'studio', actor: `key:${id}` },
      scopes: ['read', 'write', 'publish', 'settlement'],
    });
    const endsMs = Date.now() + 7_200_000;
    const ending = await fixture.client.createApiKey({
      body: { name: 'k', organisation: { kind: 'owner', id: 'studio' }, scopes: ['read'], expiresMs: endsMs },
    });
    expect(await whoIs(ending.apiKey)).toMatchObject({ expiresMs: endsMs });
    await fixture.client.rotateApiKey({ params: { keyId: ending.id }, body: { keepOldHours: 1 } });
    const { expiresMs } = await whoIs(ending.apiKey);
    expect(expiresMs).toBeLessThanOrEqual(Date.now() + 3_600_000);
    const organisation = { kind: 'isp', id: 'sp2' } as const;
    const { user, login } = await createUserOf(fixture, { organisation, role: 'finance' });
    expect(await whoIs(await login())).toEqual({
      ...{ kind: 'isp', id: 'sp2', actor: `user:${user.id}`, email: user.email, role: 'finance' },
      scopes: ['read', 'settlement'],
      expiresMs: expect.toSatisfy((timeMs: number) => timeMs <= Date.now() + 12 * 3_600_000),
    });
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
