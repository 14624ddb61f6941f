import type { User } from '@fairhop/shared/contract';
import { FairhopError, type Role } from '@fairhop/shared/model';
import { formatTable } from '@fairhop/shared/service';
import { type CoordinatorClient, callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';
import { type OrganisationOptions, organisationOf, organisationText } from './organisation.js';
import { readPassword } from './read-password.js';

interface AddOptions extends OrganisationOptions {
  readonly role: Role;
  readonly displayName?: string;
}

interface ChangeOptions extends CallOptions {
  readonly role?: Role;
  readonly displayName?: string;
}

export async function addUser(email: string, options: AddOptions): Promise<void> {
  const { role, displayName: name = email } = options;
  const organisation = organisationOf(options);
  const body = { email, name, role, ...(organisation && { organisation }) };
  await callAndPrint(
    options,
    (client) => client.createUser({ body }),
    (user) =>
      `${user.email} is ${user.role} of ${organisationText(user.organisation)}; until ${new Date(user.reset.expiresMs).toISOString()} it sets its password with\n  fairhop user password --reset ${user.reset.resetToken}`,
  );
}

export async function listUsers(options: OrganisationOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.listUsers({ query: organisationOf(options) ?? {} }),
    ({ users }) =>
      users.length === 0
        ? 'there are no users'
        : formatTable(
            [
              { header: 'E-MAIL', cell: ({ email }) => email },
              { header: 'NAME', cell: ({ name }) => name },
              { header: 'OF', cell: ({ organisation }) => organisationText(organisation) },
              { header: 'ROLE', cell: ({ role }) => role },
              { header: 'PASSWORD', cell: ({ hasPassword }) => (hasPassword ? 'set' : 'not set') },
              { header: 'ID', cell: ({ id }) => id },
            ],
            users,
          ),
  );
}

export async function changeUser(who: string, options: ChangeOptions): Promise<void> {
  await callAndPrint(
    options,
    async (client) => {
      const { id, name, role } = await findUser(client, who);
      const body = { name: options.displayName ?? name, role: options.role ?? role };
      return client.changeUser({ params: { userId: id }, body });
    },
    ({ email, role }) => `${email} is ${role} from now on`,
  );
}

export async function removeUser(who: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    async (client) => client.removeUser({ params: { userId: (await findUser(client, who)).id } }),
    () => `${who} is removed`,
  );
}

export async function resetPassword(who: string, options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    async (client) => client.resetPassword({ params: { userId: (await findUser(client, who)).id } }),
    ({ resetToken, expiresMs }) =>
      `until ${new Date(expiresMs).toISOString()}:\n  fairhop user password --reset ${resetToken}`,
  );
}

export async function setPassword(options: CallOptions & { readonly reset?: string }): Promise<void> {
  const { reset: resetToken } = options;
  const toText = ({ email }: { email: string }) => `${email} has a new password`;
  if (resetToken !== undefined) {
    const password = await readPassword('New password: ', 'FAIRHOP_NEW_PASSWORD');
    return callAndPrint(options, (client) => client.setPassword({ body: { resetToken, password } }), toText);
  }
  const current = await readPassword('Password so far: ');
  const next = await readPassword('New password: ', 'FAIRHOP_NEW_PASSWORD');
  return callAndPrint(options, (client) => client.changePassword({ body: { current, next } }), toText);
}

/** Throws `user-unknown` (404), `user-ambiguous` (409). */
async function findUser(client: CoordinatorClient, who: string): Promise<User> {
  const { users } = await client.listUsers({ query: {} });
  const [found, ...more] = users.filter(({ id, email }) => id === who || email === who.toLowerCase());
  if (more.length > 0) {
    const message = `several organisations have a user ${who}; say its id, which fairhop user list tells`;
    throw new FairhopError('user-ambiguous', message, { status: 409 });
  }
  if (found !== undefined) return found;
  throw new FairhopError('user-unknown', `there is no user ${who}; fairhop user list names them`, {
    status: 404,
  });
}
