import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Organisation } from '@fairhop/shared/model';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { coordinatorConfigSchema } from '../config.js';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { createUserOf } from '../test-users.js';
import { startTestProvider, type TestProvider } from './oidc-provider.test-support.js';

let provider: TestProvider;
let fixture: CoordinatorFixture;
let email: string;
beforeAll(async () => {
  provider = await startTestProvider();
  const { issuer, clientId } = provider;
  fixture = await startCoordinator({
    oidc: { issuer, clientId },
    allowedOrigins: ['https://portal.example'],
  });
  const organisation = { kind: 'isp', id: 'sp1' } as const;
  email = (await createUserOf(fixture, { organisation, role: 'finance' })).user.email;
});
beforeEach(() => {
  provider.isForged = false;
  provider.claims = { email, email_verified: true };
});
afterAll(async () => {
  await fixture.stop();
  await provider.stop();
});

const verifier = 'a-secret-of-the-program-that-began-the-login';
const challenge = createHash('sha256').update(verifier).digest('base64url');
const stranger = () => fixture.clientOf({});
const begin = (returnUrl = 'http://127.0.0.1:9/back') =>
  stranger().beginOidcLogin({ body: { returnUrl, challenge } });
const next = async (url: string): Promise<string> =>
  (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '';
/** Where the browser comes back to. */
const browse = async (url: string): Promise<URL> => new URL(await next(await next(url)));
const finish = (code: string, secret = verifier, organisation?: Organisation) =>
  stranger().finishOidcLogin({ body: { code, verifier: secret, ...(organisation && { organisation }) } });

describe('a login at the identity provider', () => {
  it('begins the session of the user with that e-mail, once', async () => {
    const back = await browse((await begin()).url);
    expect(`${back.origin}${back.pathname}`).toBe('http://127.0.0.1:9/back');
    const code = back.searchParams.get('code')!;
    const { token, user } = await finish(code, verifier, { kind: 'isp', id: 'sp1' });
    expect(user.email).toBe(email);
    const who = { kind: 'isp', id: 'sp1', role: 'finance', scopes: ['read', 'settlement'] };
    expect(await fixture.clientOf({ token }).whoAmI({})).toMatchObject(who);
    await expect(finish(code)).rejects.toMatchObject({ code: 'oidc-code-invalid', status: 401 });
  });

  it('is into no organisation that added the e-mail until its owner has named it', async () => {
    const [sp1, studio] = [
      { kind: 'isp', id: 'sp1' },
      { kind: 'owner', id: 'studio' },
    ] as const;
    await fixture.client.putOwner({ params: { owner: 'studio' }, body: { name: 'studio' } });
    const admin = await createUserOf(fixture, { organisation: sp1, role: 'admin' });
    const person = { email: 'ceo@studio.example', name: 'CEO', role: 'admin' } as const;
    const added = await fixture.clientOf({ token: await admin.login() }).createUser({ body: person });
    const { resetToken } = added.reset;
    await stranger().setPassword({ body: { resetToken, password: 'sp1 has set this one' } });
    provider.claims = { email: person.email, email_verified: true };
    const codeFor = async () => (await browse((await begin()).url)).searchParams.get('code')!;
    const needed = { code: 'organisation-needed', status: 409, message: expect.stringContaining('isp sp1') };
    await expect(finish(await codeFor())).rejects.toMatchObject(needed);
    await fixture.client.createUser({ body: { ...person, organisation: studio } });
    await expect(finish(await codeFor())).rejects.toMatchObject({ code: 'organisation-needed' });
    const finishAs = async (organisation: Organisation) => finish(await codeFor(), verifier, organisation);
    expect((await finishAs(studio)).user.organisation).toEqual(studio);
    expect((await finish(await codeFor())).user.organisation).toEqual(studio);
    const elsewhere = finishAs({ kind: 'isp', id: 'sp2' });
    await expect(elsewhere).rejects.toMatchObject({ code: 'user-unknown', status: 403 });
    expect((await finishAs(sp1)).user.organisation).toEqual(sp1);
    await expect(finish(await codeFor())).rejects.toMatchObject({ code: 'organisation-needed' });
  });

  it('is of use to nobody but who began it', async () => {
    const stolen = (await browse((await begin()).url)).searchParams.get('code')!;
    const other = 'another-secret-of-another-program-elsewhere';
    await expect(finish(stolen, other)).rejects.toMatchObject({ code: 'oidc-code-invalid' });
    await expect(finish(stolen)).rejects.toMatchObject({ code: 'oidc-code-invalid' });
    const { url } = await begin();
    const callback = await next(url);
    await next(callback);
    expect(await (await fetch(callback)).json()).toMatchObject({ code: 'oidc-login-unknown' });
  });

  it.each([
    ['an e-mail that is not verified', { email_verified: false }, 'oidc-email-unverified'],
    ['no e-mail', { email: undefined }, 'oidc-email-unverified'],
    ['another login', { nonce: 'another' }, 'oidc-refused'],
    ['another audience', { aud: 'another' }, 'oidc-refused'],
    ['a past that is over', { exp: 1 }, 'oidc-refused'],
  ])('is refused with a token of %s', async (_, claims, error) => {
    provider.claims = { ...provider.claims, ...claims };
    const back = await browse((await begin()).url);
    expect(back.searchParams.get('error')).toBe(error);
    expect(back.searchParams.get('code')).toBeNull();
  });

  it('is refused with a forged token, and to who is no user here', async () => {
    provider.isForged = true;
    expect((await browse((await begin()).url)).searchParams.get('error')).toBe('oidc-refused');
    provider.isForged = false;
    provider.claims = { email: 'nobody@sp1.example', email_verified: true };
    const code = (await browse((await begin()).url)).searchParams.get('code')!;
    await expect(finish(code)).rejects.toMatchObject({ code: 'user-unknown', status: 403 });
  });

  it('comes back to the own machine or a page of the operator alone', async () => {
    for (const url of ['https://evil.example/', 'http://portal.example/', 'http://127.0.0.1.evil.example/'])
      await expect(begin(url)).rejects.toMatchObject({ code: 'return-url-refused' });
    for (const url of ['https://portal.example/in', 'http://[::1]:9/', `${fixture.url}/in`])
      expect((await begin(url)).url).toMatch(provider.issuer);
  });

  it('is begun so often from one address that it leaves room for others', async () => {
    const { issuer, clientId } = provider;
    const other = await startCoordinator({ oidc: { issuer, clientId } });
    const body = { returnUrl: 'http://127.0.0.1:9/', challenge };
    for (let index = 0; index < 500; index += 1) await other.clientOf({}).beginOidcLogin({ body });
    const refused = { code: 'too-many-logins', status: 429 };
    await expect(other.clientOf({}).beginOidcLogin({ body })).rejects.toMatchObject(refused);
    await other.stop();
  });

  it('does not take a secret that others on the machine may read', async () => {
    const { issuer, clientId } = provider;
    const clientSecretFile = join(mkdtempSync(join(tmpdir(), 'fairhop-oidc-')), 'secret');
    writeFileSync(clientSecretFile, 'a secret', { mode: 0o644 });
    const oidc = { issuer, clientId, clientSecretFile };
    await expect(startCoordinator({ oidc })).rejects.toMatchObject({ code: 'secret-file-exposed' });
    rmSync(dirname(clientSecretFile), { recursive: true });
  });

  it('needs a provider that is configured, over https unless it is on this machine', async () => {
    const other = await startCoordinator();
    const body = { returnUrl: 'http://127.0.0.1:9/', challenge };
    const refused = { code: 'oidc-not-configured', status: 404 };
    await expect(other.clientOf({}).beginOidcLogin({ body })).rejects.toMatchObject(refused);
    await other.stop();
    const parse = (issuer: string) =>
      coordinatorConfigSchema.safeParse({ oidc: { issuer, clientId: 'c' } }).success;
    expect([parse('http://login.example'), parse('https://login.example')]).toEqual([false, true]);
  });
});
