import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginFile } from '@fairhop/shared/service';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { fairhop } from './fixture.js';

let fixture: CoordinatorFixture;
let directory: string;
beforeAll(async () => {
  fixture = await startCoordinator();
  directory = await mkdtemp(join(tmpdir(), 'fairhop-cli-'));
  vi.stubEnv('XDG_CONFIG_HOME', directory);
  await fixture.client.putOwner({ params: { owner: 'studio' }, body: { name: 'Studio' } });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true });
  await fixture.stop();
});

const email = 'anna@studio.example';
const call = (...argv: string[]) => fairhop(...argv, '--coordinator', fixture.url);
const asOperator = (...argv: string[]) => call(...argv, '--token', fixture.coordinator.operatorToken);

describe('accounts on the command line', () => {
  it('go from the first user to a session that other commands use, and back', async () => {
    const added = await asOperator('user', 'add', email, '--role', 'admin', '--owner', 'studio');
    const reset = /--reset (\S+)/.exec(added.out)![1]!;
    vi.stubEnv('FAIRHOP_NEW_PASSWORD', 'correct horse battery');
    expect((await call('user', 'password', '--reset', reset)).out).toContain(`${email} has a new password`);
    vi.stubEnv('FAIRHOP_PASSWORD', 'correct horse battery');
    expect(await call('login', email)).toMatchObject({
      exitCode: 0,
      out: expect.stringContaining('admin of studio'),
    });
    expect((await stat(loginFile())).mode & 0o777).toBe(0o600);
    expect((await call('whoami')).out).toMatch(
      /^owner studio, anna@studio\.example \(admin\), may read, write/,
    );

    expect((await call('user', 'add', 'bo@studio.example', '--role', 'viewer')).exitCode).toBe(0);
    expect((await call('user', 'change', 'bo@studio.example', '--role', 'finance')).out).toContain('finance');
    expect((await call('user', 'list')).out).toMatch(/bo@studio\.example .*finance .*not set/);
    expect((await call('user', 'remove', 'bo@studio.example')).exitCode).toBe(0);
    expect((await call('user', 'list', '--isp', 'sp1')).error).toContain('[not-yours]');

    const key = (await call('api-key', 'create', 'reports', '--scope', 'read')).out.trim();
    const listed = JSON.parse((await call('api-key', 'list', '--json')).out) as { apiKeys: { id: string }[] };
    const { id } = listed.apiKeys[0]!;
    expect((await call('whoami', '--token', key)).out).toContain(`key:${id}, may read`);
    const rotated = (await call('api-key', 'rotate', id, '--keep-old-hours', '0')).out.trim();
    expect((await call('whoami', '--token', key)).error).toContain('[unauthenticated]');
    expect((await call('whoami', '--token', rotated)).exitCode).toBe(0);
    expect((await call('api-key', 'revoke', id)).exitCode).toBe(0);
    expect((await call('whoami', '--token', rotated)).error).toContain('[unauthenticated]');

    expect((await call('audit-trail')).out).toMatch(/user:[0-9a-f]{16} .*POST \/v1\/api-keys/);
    expect((await asOperator('audit-trail', '--verify')).out).toMatch(
      /^\d+ entries are as they were written/,
    );

    expect((await call('logout')).exitCode).toBe(0);
    expect((await call('logout')).error).toContain('[not-logged-in]');
    expect((await call('whoami')).error).toContain('[unauthenticated]');
  });

  it('show a session to no other service than it is for, and use no file that others can read', async () => {
    expect((await call('login', email)).exitCode).toBe(0);
    expect(JSON.parse(await readFile(loginFile(), 'utf8'))).toMatchObject({
      logins: [{ services: [fixture.url, 'http://127.0.0.1:4602'], email }],
    });
    const other = await startCoordinator();
    const asked = await fairhop('whoami', '--coordinator', other.url);
    expect(asked.error).toContain('needs a token');
    await other.stop();
    await writeFile(loginFile(), await readFile(loginFile()), { mode: 0o644 });
    await rm(loginFile());
    await writeFile(loginFile(), '{"version":1,"logins":[]}', { mode: 0o644 });
    expect((await call('whoami')).exitCode).not.toBe(0);
    await rm(loginFile());
  });

  it('name the organisation where several added the same e-mail', async () => {
    expect((await asOperator('user', 'add', email, '--role', 'viewer', '--isp', 'sp1')).exitCode).toBe(0);
    expect((await asOperator('user', 'reset', email)).error).toContain('[user-ambiguous]');
    expect((await call('login', email, '--isp', 'sp1')).error).toContain('[login-wrong]');
    expect((await call('login', email, '--owner', 'studio')).out).toContain('admin of studio');
    expect((await call('logout')).exitCode).toBe(0);
  });

  it('says what is wrong', async () => {
    expect(await call('login')).toMatchObject({
      exitCode: 2,
      error: expect.stringContaining('[email-missing]'),
    });
    vi.stubEnv('FAIRHOP_PASSWORD', 'not the password');
    expect(await call('login', email)).toMatchObject({
      exitCode: 4,
      error: expect.stringContaining('[login-wrong]'),
    });
    expect((await asOperator('user', 'remove', 'nobody@x.example')).exitCode).toBe(3);
    expect((await asOperator('api-key', 'create', 'k', '--scope', 'all')).error).toContain('[invalid-scope]');
    expect((await asOperator('api-key', 'list')).out).toContain('there are no API keys');
  });
});
