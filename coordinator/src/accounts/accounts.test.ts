import type { Organisation } from '@fairhop/shared/model';
import { createManualClock } from '@fairhop/shared/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CoordinatorFixture, publicationOf, startCoordinator } from '../test-kit.js';
import { createUserOf } from '../test-users.js';

const HOUR_MS = 3_600_000;
const clock = createManualClock(Date.UTC(2026, 10, 20));
const studio = { kind: 'owner', id: 'studio' } as const;
const sp1 = { kind: 'isp', id: 'sp1' } as const;
let fixture: CoordinatorFixture;
beforeAll(async () => {
  fixture = await startCoordinator({}, { clock });
  for (const owner of ['studio', 'label'])
    await fixture.client.putOwner({ params: { owner }, body: { name: owner } });
});
afterAll(() => fixture.stop());

const as = (token: string) => fixture.clientOf({ token });
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code: string }) => error.code,
  );
const isAlive = async (token: string) => (await codeOf(as(token).whoAmI({}))) === 'no error';
const login = (email: string, password: string, address?: string) =>
  fixture.clientOf(address === undefined ? {} : { address }).login({ body: { email, password } });

describe('sessions', () => {
  it('end half a day after their last use, and a week after they began', async () => {
    const user = await createUserOf(fixture, { organisation: studio, role: 'viewer' });
    const token = await user.login();
    for (let use = 0; use < 16; use += 1) {
      expect(await isAlive(token)).toBe(true);
      clock.advance(10 * HOUR_MS);
    }
    clock.advance(8 * HOUR_MS);
    expect(await isAlive(token)).toBe(false);
    const other = await user.login();
    clock.advance(12 * HOUR_MS);
    expect(await isAlive(other)).toBe(false);
  });

  it('outlive a restart, and end with a logout, the user, and another password', async () => {
    const user = await createUserOf(fixture, { organisation: studio, role: 'viewer' });
    const { email } = user.user;
    const [one, other] = [await user.login(), await user.login()];
    fixture = await fixture.restart();
    expect(await as(one).logout({})).toEqual({ ended: true });
    expect([await isAlive(one), await isAlive(other)]).toEqual([false, true]);
    const { password } = user;
    const { token: third } = await login(email, password);
    await as(third).changePassword({ body: { current: password, next: 'a longer one than before' } });
    expect([await isAlive(other), await isAlive(third)]).toEqual([false, true]);
    expect(await codeOf(login(email, password))).toBe('login-wrong');
    const fourth = await login(email, 'a longer one than before');
    await fixture.client.removeUser({ params: { userId: user.user.id } });
    expect([await isAlive(third), await isAlive(fourth.token)]).toEqual([false, false]);
  });

  it('have the role that the user has now', async () => {
    const { user, login: begin } = await createUserOf(fixture, { organisation: studio, role: 'viewer' });
    const token = await begin();
    const publish = () =>
      as(token).publish({ params: { owner: 'studio', name: 'a' }, body: publicationOf(Buffer.alloc(9)) });
    expect(await codeOf(publish())).toBe('scope-missing');
    await fixture.client.changeUser({ params: { userId: user.id }, body: { name: 'E', role: 'editor' } });
    expect(await codeOf(publish())).toBe('no error');
  });
});

describe('passwords', () => {
  it('are tried so often and no more', async () => {
    const { user, password } = await createUserOf(fixture, { organisation: studio, role: 'viewer' });
    for (let index = 0; index < 20; index += 1)
      expect(await codeOf(login(user.email, 'a wrong password', '127.2.0.1'))).toBe('login-wrong');
    expect(await codeOf(login(user.email, password, '127.2.0.2'))).toBe('too-many-logins');
    clock.advance(15 * 60_000);
    expect(await codeOf(login(user.email, password, '127.2.0.2'))).toBe('no error');
  });

  it('are set with a one-time token, once, in time, and long enough', async () => {
    const { client } = fixture;
    const body = { email: 'new@studio.example', name: 'New', role: 'viewer', organisation: studio } as const;
    const { id, reset, hasPassword } = await client.createUser({ body });
    expect(hasPassword).toBe(false);
    expect(await codeOf(login(body.email, 'no password yet'))).toBe('login-wrong');
    const set = (resetToken: string, password: string) =>
      codeOf(fixture.clientOf({}).setPassword({ body: { resetToken, password } }));
    expect(await set(reset.resetToken, 'eleven char')).toBe('invalid-request');
    const again = await client.resetPassword({ params: { userId: id } });
    expect(await set(reset.resetToken, 'twelve chars')).toBe('reset-invalid');
    expect(await set(again.resetToken, 'twelve chars')).toBe('no error');
    expect(await set(again.resetToken, 'twelve chars again')).toBe('reset-invalid');
    const late = await client.resetPassword({ params: { userId: id } });
    clock.advance(72 * HOUR_MS);
    expect(await set(late.resetToken, 'twelve chars again')).toBe('reset-invalid');
    expect(await codeOf(login('NEW@studio.example', 'twelve chars'))).toBe('no error');
    expect(await codeOf(client.createUser({ body }))).toBe('email-taken');
  });
});

describe('organisations', () => {
  it('have their own users and keys alone', async () => {
    const { client } = fixture;
    const admin = as(await (await createUserOf(fixture, { organisation: studio, role: 'admin' })).login());
    const stranger = await createUserOf(fixture, { organisation: sp1, role: 'viewer' });
    const strange = await client.createApiKey({ body: { name: 'sp1', organisation: sp1, scopes: ['read'] } });
    const userParams = { userId: stranger.user.id };
    const keyParams = { keyId: strange.id };
    const person = { email: 'x@sp1.example', name: 'X', role: 'admin' } as const;
    for (const refused of [
      admin.createUser({ body: { ...person, organisation: sp1 } }),
      admin.createUser({ body: { ...person, organisation: { kind: 'operator', id: 'operator' } } }),
      admin.listUsers({ query: { kind: 'isp', id: 'sp1' } }),
      admin.changeUser({ params: userParams, body: { name: 'X', role: 'admin' } }),
      admin.removeUser({ params: userParams }),
      admin.resetPassword({ params: userParams }),
      admin.createApiKey({ body: { name: 'k', organisation: sp1, scopes: ['read'] } }),
      admin.listApiKeys({ query: { id: 'label' } }),
      admin.rotateApiKey({ params: keyParams, body: {} }),
      admin.revokeApiKey({ params: keyParams }),
    ])
      expect(await codeOf(refused)).toBe('not-yours');
    await admin.createUser({ body: { email: 'own@studio.example', name: 'Own', role: 'finance' } });
    const { users } = await admin.listUsers({ query: {} });
    expect(new Set(users.map(({ organisation }) => organisation.id))).toEqual(new Set(['studio']));
    const all = (await client.listUsers({ query: {} })).users;
    expect(all.map(({ email }) => email)).toEqual(
      expect.arrayContaining([stranger.user.email, 'own@studio.example']),
    );
    const nowhere = { kind: 'owner', id: 'nobody' } as const;
    const body = { ...person, organisation: nowhere };
    expect(await codeOf(client.createUser({ body }))).toBe('owner-unknown');
    expect(
      await codeOf(client.createUser({ body: { ...body, organisation: { kind: 'isp', id: 'sp9' } } })),
    ).toBe('isp-unknown');
  });
});

describe('an e-mail', () => {
  const person = { email: 'ceo@studio.example', name: 'CEO', role: 'admin' } as const;
  const adminOf = async (organisation: Organisation) =>
    as(await (await createUserOf(fixture, { organisation, role: 'admin' })).login());

  it('that one organisation added is neither taken from another one nor told to it', async () => {
    const stranger = fixture.clientOf({});
    const admins = [await adminOf(sp1), await adminOf(studio)];
    const passwords = ['sp1 has set this one', 'what the person has set'];
    for (const [index, admin] of admins.entries()) {
      const { reset } = await admin.createUser({ body: person });
      await stranger.setPassword({
        body: { resetToken: reset.resetToken, password: passwords[index]! },
      });
      expect(await codeOf(admin.createUser({ body: person }))).toBe('email-taken');
    }
    for (const [index, organisation] of [sp1, studio].entries()) {
      const password = passwords[index]!;
      const other = passwords[1 - index]!;
      const { token } = await login(person.email, password);
      expect(await as(token).whoAmI({})).toMatchObject({ kind: organisation.kind, id: organisation.id });
      const named = (given: string) =>
        stranger.login({ body: { email: person.email, password: given, organisation } });
      expect((await named(password)).user.organisation).toEqual(organisation);
      expect(await codeOf(named(other))).toBe('login-wrong');
    }
    const { token } = await login(person.email, passwords[1]!);
    const next = 'another one of the person';
    await as(token).changePassword({ body: { current: passwords[1]!, next } });
    expect((await login(person.email, next)).user.organisation).toEqual(studio);
    expect((await login(person.email, passwords[0]!)).user.organisation).toEqual(sp1);
  });

  it('that another organisation added does not let its password be guessed more often', async () => {
    const stranger = fixture.clientOf({});
    const guessed = { ...person, email: 'guessed@studio.example' };
    for (const organisation of [studio, sp1]) {
      const { reset } = await fixture.client.createUser({ body: { ...guessed, organisation } });
      const password = `the password at ${organisation.id}`;
      await stranger.setPassword({ body: { resetToken: reset.resetToken, password } });
    }
    const own = () => codeOf(login(guessed.email, 'the password at sp1', '127.2.0.3'));
    for (let guess = 0; guess < 19; guess += 1)
      expect(await codeOf(login(guessed.email, 'a wrong password', '127.2.0.3'))).toBe('login-wrong');
    expect(await own()).toBe('no error');
    const right = () => codeOf(login(guessed.email, 'the password at studio', '127.2.0.4'));
    expect(await right()).toBe('login-wrong');
    expect(await own()).toBe('no error');
    clock.advance(15 * 60_000);
    expect(await right()).toBe('no error');
  });
});

describe('API keys', () => {
  it('end when they say so, and are rotated without a gap', async () => {
    const { client } = fixture;
    const expiresMs = clock.nowMs() + 48 * HOUR_MS;
    const body = { name: 'reports', organisation: studio, scopes: ['read'], expiresMs } as const;
    const { apiKey, ...made } = await client.createApiKey({ body: { ...body, scopes: [...body.scopes] } });
    expect(await as(apiKey).whoAmI({})).toMatchObject({ scopes: ['read'], actor: `key:${made.id}` });
    const params = { keyId: made.id };
    const first = await client.rotateApiKey({ params, body: { keepOldHours: 2 } });
    expect([await isAlive(apiKey), await isAlive(first.apiKey)]).toEqual([true, true]);
    const { apiKeys } = await client.listApiKeys({ query: { kind: 'owner', id: 'studio' } });
    expect(apiKeys).toContainEqual({ ...made, oldSecretUntilMs: clock.nowMs() + 2 * HOUR_MS });
    expect(JSON.stringify(apiKeys)).not.toMatch(new RegExp(`${apiKey}|${first.apiKey}`));
    clock.advance(2 * HOUR_MS);
    expect([await isAlive(apiKey), await isAlive(first.apiKey)]).toEqual([false, true]);
    const second = await client.rotateApiKey({ params, body: { keepOldHours: 0 } });
    expect([await isAlive(first.apiKey), await isAlive(second.apiKey)]).toEqual([false, true]);
    clock.advance(46 * HOUR_MS);
    expect(await isAlive(second.apiKey)).toBe(false);
    expect(await codeOf(client.createApiKey({ body: { ...body, scopes: ['read'] } }))).toBe(
      'api-key-expired',
    );
  });

  it('are revoked at once', async () => {
    const { client } = fixture;
    const { id, apiKey } = await client.createApiKey({
      body: { name: 'k', organisation: studio, scopes: ['read', 'publish'] },
    });
    expect(await isAlive(apiKey)).toBe(true);
    await client.revokeApiKey({ params: { keyId: id } });
    expect(await isAlive(apiKey)).toBe(false);
    expect(await codeOf(client.revokeApiKey({ params: { keyId: id } }))).toBe('api-key-unknown');
  });
});
