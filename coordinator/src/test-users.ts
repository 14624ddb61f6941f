import type { User } from '@fairhop/shared/contract';
import type { Organisation, Role } from '@fairhop/shared/model';
import type { CoordinatorFixture } from './test-kit.js';

export interface TestUser {
  readonly user: User;
  readonly password: string;
  /** Begins a session. */
  login(): Promise<string>;
}

let made = 0;

/** A user with a password. */
export async function createUserOf(
  { client, clientOf }: CoordinatorFixture,
  { organisation, role }: { readonly organisation: Organisation; readonly role: Role },
): Promise<TestUser> {
  made += 1;
  const email = `${role}.${made}@${organisation.id}.example`;
  const { reset, ...user } = await client.createUser({ body: { email, name: role, organisation, role } });
  const password = `correct horse ${made}`;
  const stranger = clientOf({});
  await stranger.setPassword({ body: { resetToken: reset.resetToken, password } });
  const login = async () => (await stranger.login({ body: { email, password } })).token;
  return { user, password, login };
}
