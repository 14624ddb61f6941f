import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { requirePrivateFile } from '../crypto/private-file.js';
import { FairhopError } from '../model/errors.js';
import { errorCode, writeFileAtomic } from './atomic-file.js';

const loginSchema = z.strictObject({
  /** Origins of the services that take the token: no other gets to see it. */
  services: z.array(z.string()).min(1).max(16),
  email: z.string(),
  token: z.string(),
});
export type StoredLogin = z.infer<typeof loginSchema>;
const fileSchema = z.strictObject({ version: z.literal(1), logins: z.array(loginSchema).max(100) });

/** Of the user that runs the command, and readable for nobody else. */
export function loginFile(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_CONFIG_HOME'] || environment['APPDATA'] || join(homedir(), '.config');
  return join(base, 'fairhop', 'logins.json');
}

/** The login that a service takes. Throws `logins-unreadable`, `private-file-exposed` and the like. */
export async function findLogin(serviceUrl: string): Promise<StoredLogin | undefined> {
  return (await readLogins()).find(({ services }) => services.includes(originOf(serviceUrl)));
}

/** Keeps a login, in place of those for the same services. Throws as `findLogin`. */
export async function storeLogin(login: StoredLogin): Promise<void> {
  const services = [...new Set(login.services.map(originOf))];
  const others = (await readLogins()).filter((one) => !one.services.some((url) => services.includes(url)));
  await write([...others, { ...login, services }]);
}

/** Throws as `findLogin`. */
export async function removeLogin(serviceUrl: string): Promise<void> {
  const logins = await readLogins();
  const others = logins.filter(({ services }) => !services.includes(originOf(serviceUrl)));
  if (others.length < logins.length) await write(others);
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url);

async function readLogins(): Promise<StoredLogin[]> {
  const file = loginFile();
  try {
    const text = await readFile(file, 'utf8');
    requirePrivateFile(file, await stat(file));
    return fileSchema.parse(JSON.parse(text)).logins;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    if (cause instanceof FairhopError) throw cause;
    const message = `${file} cannot be read (${errorCode(cause) ?? 'it is not what fairhop login writes'}); remove it and log in again`;
    throw new FairhopError('logins-unreadable', message, { status: 400, cause });
  }
}

async function write(logins: readonly StoredLogin[]): Promise<void> {
  const file = loginFile();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomic(file, `${JSON.stringify({ version: 1, logins }, null, 2)}\n`, 0o600);
}
