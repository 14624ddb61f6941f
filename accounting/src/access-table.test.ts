import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accountingEndpoints as endpoints } from '@fairhop/shared/contract';
import { roleSchema, scopeSchema, scopesOfRole } from '@fairhop/shared/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDirectory, startTestService, type TestService } from './fixture/service.js';

type EndpointName = keyof typeof endpoints;
type Kind = 'operator' | 'owner' | 'isp';
interface Rule {
  readonly who: readonly Kind[];
  /** What a user or key needs. */
  readonly scope: string;
  /** Of ISPs only the one that the endpoint is called for. */
  readonly ownIsp?: boolean;
}
const operator = (scope: string): Rule => ({ who: ['operator'], scope });
/** Each gets its own share; which one is tested where it is made. */
const parties = (scope: string): Rule => ({ who: ['operator', 'owner', 'isp'], scope });
const ownIsp = (scope: string): Rule => ({ who: ['operator', 'isp'], scope, ownIsp: true });

/** Who may do what; README.md tells why. `report` is of agents and edges, by their own tokens. */
const rules: Record<Exclude<EndpointName, 'report'>, Rule> = {
  query: parties('read'),
  listOwnEvents: parties('read'),
  listEvents: operator('read'),
  listRejections: operator('read'),
  listGaps: operator('read'),
  audit: operator('read'),
  listAuditTrail: parties('admin'),
  putTopology: ownIsp('write'),
  getTopology: ownIsp('read'),
  listTopologies: ownIsp('read'),
  withdrawTopology: ownIsp('write'),
  explainPath: operator('read'),
  listConflicts: operator('read'),
  listEvidence: operator('read'),
  getComponent: operator('read'),
  listComponents: operator('read'),
  listComponentRecords: operator('read'),
  putComponentOwner: operator('write'),
  putObject: operator('write'),
  closeObject: operator('write'),
  getObject: operator('read'),
  listObjects: operator('read'),
  measureObject: operator('read'),
  getTransferBelief: operator('read'),
  listDisputes: operator('read'),
  listContradictions: operator('read'),
  listSuspects: operator('read'),
  // Webhooks are sent from inside of the operator's network.
  putBudget: operator('settlement'),
  listBudgets: { who: ['operator', 'owner'], scope: 'read' },
  removeBudget: operator('settlement'),
  listAlerts: { who: ['operator', 'owner'], scope: 'read' },
  retryAlert: operator('settlement'),
  putSavedQuery: parties('write'),
  listSavedQueries: parties('read'),
  removeSavedQuery: parties('write'),
  runSavedQuery: parties('read'),
  // By what it does: tested below.
  putSchedule: parties('any'),
  listSchedules: parties('read'),
  removeSchedule: parties('any'),
  listScheduleRuns: parties('read'),
  getScheduleRun: parties('read'),
  putParty: parties('settlement'),
  listParties: parties('read'),
  putContract: operator('settlement'),
  endContract: operator('settlement'),
  getContract: parties('read'),
  listContracts: parties('read'),
  closePeriod: operator('settlement'),
  listInvoices: parties('read'),
  getInvoice: parties('read'),
  explainInvoice: parties('read'),
  issueInvoice: parties('settlement'),
  payInvoice: parties('settlement'),
  disputeInvoice: parties('settlement'),
  creditInvoice: parties('settlement'),
  netStatement: { who: ['operator', 'isp'], scope: 'read' },
  listNetStatements: { who: ['operator', 'isp'], scope: 'read' },
};

/** Tokens as the coordinator knows them. */
interface Caller {
  readonly token: string;
  readonly kind: Kind | 'edge';
  readonly id: string;
  readonly scopes?: readonly string[];
}
const organisations = [
  { kind: 'operator', id: 'operator' },
  { kind: 'owner', id: 'studio' },
  { kind: 'isp', id: 'sp1' },
  { kind: 'isp', id: 'sp2' },
] as const;
const callers: readonly Caller[] = [
  { token: 'edge', kind: 'edge', id: 'edge1' },
  ...organisations.flatMap((organisation) => [
    ...roleSchema.options.map((role) => ({
      ...organisation,
      token: `${role}-of-${organisation.id}`,
      scopes: scopesOfRole[role],
    })),
    ...scopeSchema.options.map((scope) => ({
      ...organisation,
      token: `key-of-${organisation.id}-to-${scope}`,
      scopes: [scope],
    })),
  ]),
];

let coordinator: Server;
let directory: ReturnType<typeof createTestDirectory>;
let test: TestService;
beforeAll(async () => {
  coordinator = createServer((request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '');
    const found = callers.find((caller) => caller.token === token);
    const { token: _, ...holder } = found ?? { token };
    const problem = { type: 'about:blank', title: 'No', status: 401, code: 'unauthenticated', detail: 'no' };
    response.writeHead(found === undefined ? 401 : 200, {
      'content-type': found === undefined ? 'application/problem+json' : 'application/json',
    });
    response.end(JSON.stringify(found === undefined ? problem : { ...holder, actor: `key:${token}` }));
  });
  await new Promise<void>((resolve) => coordinator.listen(0, '127.0.0.1', resolve));
  const { port } = coordinator.address() as AddressInfo;
  directory = createTestDirectory();
  const coordinatorUrl = `http://127.0.0.1:${port}`;
  test = await startTestService({
    ...{ coordinatorUrl, asGraphFile: directory.graphFile, dataDirectory: directory.dataDirectory },
  });
});
afterAll(async () => {
  await test.stop();
  directory.remove();
  coordinator.closeAllConnections();
  await new Promise((resolve) => coordinator.close(resolve));
});

const params: Readonly<Record<string, string>> = {
  isp: 'sp1',
  version: '1',
  run: '1',
  kind: 'isp',
  component: 'as:64501',
  period: '2026-10',
  one: 'sp1',
  other: 'sp2',
  transferId: '01234567-89ab-7cde-8f01-23456789abcd',
};
const queries: Partial<Record<EndpointName, string>> = {
  explainPath: '?source=127.1.0.1&destination=127.2.0.1',
  netStatement: '?period=2026-10',
  endContract: '?atMs=0',
};
const bodies: Partial<Record<EndpointName, unknown>> = {
  query: { measure: 'bytes' },
  putTopology: { version: 1 },
  putComponentOwner: { owner: 'sp1' },
  putObject: { name: 'O', components: [] },
};

async function call(name: EndpointName, token?: string): Promise<{ status: number; code: string }> {
  const { method, path } = endpoints[name];
  const hasBody = method === 'PUT' || method === 'POST';
  const filled = path.replace(/:([A-Za-z]+)/g, (_, parameter: string) => params[parameter] ?? 'nothing');
  const response = await fetch(test.url + filled + (queries[name] ?? ''), {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(hasBody && { 'content-type': 'application/json' }),
    },
    ...(hasBody && { body: JSON.stringify(bodies[name] ?? {}) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    code: isJson ? String((JSON.parse(text) as { code?: string }).code) : '',
  };
}

const REFUSALS = ['unauthenticated', 'forbidden', 'not-yours', 'scope-missing'];

function refusalOf({ who, scope, ownIsp: isOwn = false }: Rule, { kind, id, scopes }: Caller) {
  if (kind === 'edge') return 'unauthenticated';
  if (!who.includes(kind)) return 'forbidden';
  if (scope !== 'any' && scopes?.includes(scope) === false) return 'scope-missing';
  return isOwn && kind === 'isp' && id !== params['isp'] ? 'forbidden' : undefined;
}

const names = Object.keys(rules) as (keyof typeof rules)[];

describe('access', () => {
  it('has a rule for each endpoint', () => {
    expect([...names, 'report'].sort()).toEqual(Object.keys(endpoints).sort());
  });

  it.each(callers)('of $token is as the table says', async (caller) => {
    for (const name of names) {
      const { status, code } = await call(name, caller.token);
      const refusal = refusalOf(rules[name], caller);
      const expected = { name, status: refusal === 'unauthenticated' ? 401 : 403, code: refusal };
      if (refusal === undefined) expect(REFUSALS, `${name} for ${caller.token}`).not.toContain(code);
      else expect({ name, status, code }).toEqual(expected);
    }
  });

  it('to schedules is by what they do: whoever closes periods has them closed, and nobody else ends that', async () => {
    const schedule = async (method: 'PUT' | 'DELETE', token: string, id: string, task?: unknown) => {
      const response = await fetch(`${test.url}/v1/schedules/${id}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(task !== undefined && { 'content-type': 'application/json' }),
        },
        ...(task !== undefined && { body: JSON.stringify({ task, cron: 'monthly' }) }),
      });
      const { code } = (await response.json()) as { code?: string };
      return code ?? response.status;
    };
    const put = (token: string, id: string, task: unknown) => schedule('PUT', token, id, task);
    const remove = (token: string, id: string) => schedule('DELETE', token, id);
    const close = { type: 'close-periods', issue: true };
    const query = { type: 'query', savedQuery: 'all' };
    const saved = await fetch(`${test.url}/v1/saved-queries/all`, {
      method: 'PUT',
      headers: { authorization: 'Bearer editor-of-operator', 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'All', query: { measure: 'bytes' } }),
    });
    expect(saved.status).toBe(200);
    expect(await put('admin-of-sp1', 'month-end', close)).toBe('operator-only');
    for (const token of ['editor-of-operator', 'key-of-operator-to-read'])
      expect(await put(token, 'month-end', close)).toBe('scope-missing');
    expect(await put('finance-of-operator', 'month-end', close)).toBe(200);
    expect(await put('editor-of-operator', 'month-end', query)).toBe('scope-missing');
    expect(await remove('editor-of-operator', 'month-end')).toBe('scope-missing');
    expect(await put('finance-of-operator', 'traffic', query)).toBe('scope-missing');
    expect(await put('editor-of-operator', 'traffic', query)).toBe(200);
    expect(await put('finance-of-operator', 'traffic', close)).toBe('scope-missing');
    expect(await remove('finance-of-operator', 'traffic')).toBe('scope-missing');
    expect(await remove('editor-of-operator', 'traffic')).toBe(200);
    expect(await remove('finance-of-operator', 'month-end')).toBe(200);
  });

  it('to budgets is an owner’s to its own, without whom the operator tells and how all budgets act', async () => {
    const webhook = { url: 'http://127.0.0.1:9/operators-hook', secret: `whsec_${'c2VjcmV0'.repeat(5)}` };
    for (const owner of ['studio', 'label']) {
      const response = await fetch(`${test.url}/v1/budgets/${owner}`, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${test.service.operatorToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ owner, limitBytes: 1_000, period: 'month', webhook }),
      });
      expect(response.status, await response.text()).toBe(200);
    }
    const listedFor = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${test.url}/v1/budgets`, { headers })).text();
    };
    const forOperator = await listedFor(test.service.operatorToken);
    for (const shown of ['"studio"', '"label"', webhook.url, 'inForce', 'lastError'])
      expect(forOperator).toContain(shown);
    const forOwner = await listedFor('admin-of-studio');
    expect(forOwner).toContain('"studio"');
    expect(forOwner).toContain('"limitBytes":1000');
    for (const hidden of ['"label"', 'webhookUrl', webhook.url, 'inForce', 'lastError'])
      expect(forOwner).not.toContain(hidden);
  });

  it('is for nobody without a token, or with a made-up one', async () => {
    for (const name of [...names, 'report'] as const) {
      const refused = { status: 401 };
      expect(await call(name), name).toMatchObject(refused);
      expect(await call(name, 'made-up'), name).toMatchObject(refused);
    }
  });

  it('leaves a trail of writes, of which each organisation sees its own', async () => {
    await call('putTopology', 'editor-of-sp1');
    await call('putObject', 'key-of-studio-to-write');
    const trailOf = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await fetch(`${test.url}/v1/audit-trail?limit=1000`, { headers });
      return ((await response.json()) as { entries: { actor: string; code: string; organisation: string }[] })
        .entries;
    };
    const all = await trailOf(test.service.operatorToken);
    expect(all).toContainEqual(expect.objectContaining({ actor: 'key:editor-of-sp1', organisation: 'sp1' }));
    const refused = { actor: 'key:key-of-studio-to-write', organisation: 'studio', code: 'forbidden' };
    expect(await trailOf('admin-of-studio')).toContainEqual(expect.objectContaining(refused));
    const seen = await trailOf('admin-of-sp1');
    expect(new Set(seen.map(({ organisation }) => organisation))).toEqual(new Set(['sp1']));
  });

  it('is whole with the operator’s token of the service', async () => {
    for (const name of names)
      expect(REFUSALS, name).not.toContain((await call(name, test.service.operatorToken)).code);
  });
});
