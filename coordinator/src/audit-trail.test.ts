import { join } from 'node:path';
import { auditDigest } from '@fairhop/shared/service';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, publicationOf, startCoordinator } from './test-kit.js';
import { createUserOf, type TestUser } from './test-users.js';

let fixture: CoordinatorFixture;
let admin: TestUser;
let token: string;
beforeAll(async () => {
  fixture = await startCoordinator();
  for (const owner of ['studio', 'label'])
    await fixture.client.putOwner({ params: { owner }, body: { name: owner } });
  admin = await createUserOf(fixture, { organisation: { kind: 'owner', id: 'studio' }, role: 'admin' });
  token = await admin.login();
});
afterAll(() => fixture.stop());

const trail = async (query = {}) =>
  (await fixture.client.listAuditTrail({ query: { limit: 1_000, ...query } })).entries;
const last = async () => (await trail()).at(-1)!;
const as = (bearer: string) => fixture.clientOf({ token: bearer });

describe('the audit trail', () => {
  it('tells who wrote what from where, before the answer is there', async () => {
    const { id, apiKey } = await fixture.client.createApiKey({
      body: { name: 'k', organisation: { kind: 'owner', id: 'studio' }, scopes: ['publish'] },
    });
    expect(await last()).toMatchObject({ kind: 'operator', organisation: 'operator', actor: 'token' });
    const body = publicationOf(Buffer.alloc(9));
    const from = fixture.clientOf({ token: apiKey, address: '127.2.0.7' });
    await from.publish({ params: { owner: 'studio', name: 'a' }, body });
    expect(await last()).toMatchObject({
      ...{ kind: 'owner', organisation: 'studio', actor: `key:${id}`, address: '127.2.0.7' },
      ...{ method: 'PUT', path: '/v1/titles/studio/a', status: 200, code: null },
    });
    expect(JSON.parse((await last()).body!)).toEqual(body);
    await as(token).withdraw({ params: { owner: 'studio', name: 'a' } });
    expect(await last()).toMatchObject({ actor: `user:${admin.user.id}`, method: 'DELETE', body: null });
  });

  it('has attempts that were refused, and logins that failed', async () => {
    await expect(
      as(token).putOwner({ params: { owner: 'studio' }, body: { name: 'Mine' } }),
    ).rejects.toThrow();
    expect(await last()).toMatchObject({ actor: `user:${admin.user.id}`, status: 403, code: 'forbidden' });
    const stranger = fixture.clientOf({});
    await expect(
      stranger.login({ body: { email: admin.user.email, password: 'a wrong password' } }),
    ).rejects.toThrow();
    expect(await last()).toMatchObject({
      ...{ kind: 'owner', organisation: 'studio' },
      actor: `login:${admin.user.email}`,
      code: 'login-wrong',
    });
    await expect(
      stranger.login({ body: { email: 'nobody@studio.example', password: 'a wrong password' } }),
    ).rejects.toThrow();
    expect(await last()).toMatchObject({ kind: null, organisation: null });
  });

  it('shows administrators the logins and password resets of their own users', async () => {
    const organisation = { kind: 'owner', id: 'studio' } as const;
    const own = await createUserOf(fixture, { organisation, role: 'viewer' });
    const other = await createUserOf(fixture, {
      organisation: { kind: 'owner', id: 'label' },
      role: 'viewer',
    });
    await own.login();
    await other.login();
    const { entries } = await as(token).listAuditTrail({ query: { limit: 1_000 } });
    const seen = entries.map(({ actor, path }) => `${path} ${actor}`);
    expect(seen).toContain(`/v1/password-resets/redeem user:${own.user.id}`);
    expect(seen.filter((line) => line.endsWith(`login:${own.user.email}`))).toHaveLength(1);
    expect(seen.join()).not.toContain(other.user.email);
    expect(seen.join()).not.toContain(other.user.id);
  });

  it('has no reads, nothing of strangers, and no secrets', async () => {
    const before = (await trail()).length;
    await as(token).listUsers({ query: {} });
    await fixture.client.checkDraws({ body: { transferIds: ['01234567-89ab-7cde-8f01-23456789abcd'] } });
    await expect(fixture.clientOf({}).createJoinToken({})).rejects.toThrow();
    await expect(as('made-up').createJoinToken({})).rejects.toThrow();
    expect(await trail()).toHaveLength(before);
    const text = JSON.stringify(await trail());
    expect(text).not.toContain(admin.password);
    expect(text).not.toContain('a wrong password');
    expect(text).not.toContain(token);
    expect(text).toContain('(not kept)');
  });

  it('shows administrators their own organisation, others nothing, the operator all', async () => {
    const own = (await as(token).listAuditTrail({ query: {} })).entries;
    expect(new Set(own.map(({ organisation }) => organisation))).toEqual(new Set(['studio']));
    expect(own.length).toBeLessThan((await trail()).length);
    const actor = `user:${admin.user.id}`;
    expect(new Set((await trail({ actor })).map((entry) => entry.actor))).toEqual(new Set([actor]));
    const other = await createUserOf(fixture, {
      organisation: { kind: 'owner', id: 'label' },
      role: 'editor',
    });
    const refused = { code: 'scope-missing' };
    await expect(as(await other.login()).listAuditTrail({ query: {} })).rejects.toMatchObject(refused);
  });

  it('shows an administrator what the key did that it asks for, not what it did itself', async () => {
    const { id, apiKey } = await as(token).createApiKey({ body: { name: 'leaked', scopes: ['publish'] } });
    const body = publicationOf(Buffer.alloc(7));
    await as(apiKey).publish({ params: { owner: 'studio', name: 'by-key' }, body });
    const by = async (actor: string) => {
      const { entries } = await as(token).listAuditTrail({ query: { actor, limit: 1_000 } });
      return entries.map((entry) => `${entry.actor} ${entry.method} ${entry.path}`);
    };
    expect(await by(`key:${id}`)).toEqual([`key:${id} PUT /v1/titles/studio/by-key`]);
    expect(await by('user:does-not-exist')).toEqual([]);
  });

  it('is a chain that nobody changes, over restarts too', async () => {
    fixture = await fixture.restart();
    await fixture.client.createJoinToken({});
    const entries = await trail();
    for (const [index, { digest, ...entry }] of entries.entries()) {
      expect(entry.id).toBe(index + 1);
      expect(entry.previousDigest).toBe(entries[index - 1]?.digest ?? '0'.repeat(64));
      expect(digest).toBe(auditDigest(entry));
    }
    const database = new Database(join(fixture.config.dataDirectory, 'audit-trail.db'));
    expect(() => database.exec("UPDATE entries SET actor = 'nobody'")).toThrow('append-only');
    expect(() => database.exec('DELETE FROM entries')).toThrow('append-only');
    database.close();
  });

  it('keeps the digest of what is too large to be kept', async () => {
    const text = 'x'.repeat(1_000);
    const metadata = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, text]));
    const params = { owner: 'studio', name: 'large' };
    const body = publicationOf(Buffer.alloc(10), { metadata });
    await fixture.client.publish({ params, body });
    expect(await last()).toMatchObject({ body: null, bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });
});
