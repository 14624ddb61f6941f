import { FairhopError } from '@fairhop/shared/model';
import { findLogin, printJson, removeLogin, storeLogin } from '@fairhop/shared/service';
import { type CoordinatorClient, callAndPrint, withCoordinator } from './call.js';
import type { CallOptions } from './command-kit.js';
import { type OrganisationOptions, organisationOf } from './organisation.js';
import { readPassword } from './read-password.js';

type Session = Awaited<ReturnType<CoordinatorClient['login']>>;

/** Without any token of before: the new one takes its place. */
const asStranger = (options: CallOptions): CallOptions => ({ ...options, token: '' });

export async function login(
  email: string | undefined,
  options: OrganisationOptions & { readonly oidc?: boolean },
): Promise<void> {
  if (options.oidc) {
    const { loginByOidc } = await import('./login-oidc.js');
    return keep(options, await loginByOidc(asStranger(options), organisationOf(options)));
  }
  if (email === undefined) {
    throw new FairhopError('email-missing', 'say who logs in: fairhop login E-MAIL, or --oidc', {
      status: 400,
    });
  }
  const password = await readPassword(`Password of ${email}: `);
  const organisation = organisationOf(options);
  const session = await withCoordinator(asStranger(options), (client) =>
    client.login({ body: { email, password, ...(organisation && { organisation }) } }),
  );
  return keep(options, session);
}

async function keep(options: CallOptions, { token, ...session }: Session): Promise<void> {
  const { user, expiresMs } = session;
  const { accountingUrl } = await withCoordinator(asStranger(options), (client) => client.info({}));
  const services = [options.coordinator, ...(accountingUrl === undefined ? [] : [accountingUrl])];
  await storeLogin({ services, email: user.email, token });
  if (options.json) printJson(session);
  else
    process.stdout.write(
      `logged in as ${user.email}, ${user.role} of ${user.organisation.id}, until ${new Date(expiresMs).toISOString()}\n`,
    );
}

export async function logout(options: CallOptions): Promise<void> {
  const stored = await findLogin(options.coordinator);
  if (stored === undefined) {
    throw new FairhopError('not-logged-in', `nobody is logged in to ${options.coordinator}`, { status: 404 });
  }
  try {
    await withCoordinator({ ...options, token: stored.token }, (client) => client.logout({}));
  } catch (error) {
    // It is over already.
    if (!(error instanceof FairhopError) || error.code !== 'unauthenticated') throw error;
  }
  await removeLogin(options.coordinator);
  if (options.json) printJson({ email: stored.email });
  else process.stdout.write(`${stored.email} is logged out\n`);
}

export async function whoAmI(options: CallOptions): Promise<void> {
  await callAndPrint(
    options,
    (client) => client.whoAmI({}),
    ({ kind, id, scopes, actor, email, role }) =>
      [
        kind === id ? kind : `${kind} ${id}`,
        email === undefined ? (actor ?? 'the service’s own token') : `${email} (${role})`,
        `may ${scopes === undefined ? 'do everything' : scopes.join(', ')}`,
      ].join(', '),
  );
}
