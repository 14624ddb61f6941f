import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { FairhopError } from '../model/errors.js';
import { errorCode } from './atomic-file.js';
import { DEFAULT_LOCAL_DIRECTORY, localDirectory } from './local-directory.js';
import { findLogin } from './stored-logins.js';

/** How the user of a command says who it is. */
export interface OperatorAccess {
  /** `--token` or FAIRHOP_TOKEN. */
  readonly token?: string | undefined;
  /** `--data-dir` or FAIRHOP_DATA_DIR. */
  readonly dataDir?: string | undefined;
}

/** The text of `--data-dir` of commands that call a service. */
export const dataDirHelp = `without a token: take the operator's from operator.token in this directory of the services here (default: ${DEFAULT_LOCAL_DIRECTORY}, for services of this machine)`;

/**
 * Calls a service with the token that was given, else with that of `--data-dir`, else with that of `fairhop login` to it, else with
 * that of `./fairhop-data` if the service is on this machine: the token of the services here is nothing that a stranger's service should get to see.
 * Throws `token-unreadable`; `unauthenticated` says where a token may come from.
 */
export async function withOperatorToken<Result>(
  access: OperatorAccess,
  serviceUrl: string,
  call: (token: string | undefined) => Promise<Result>,
): Promise<Result> {
  const token = await findToken(access, serviceUrl);
  try {
    return await call(token);
  } catch (error) {
    if (!(error instanceof FairhopError) || error.code !== 'unauthenticated') throw error;
    const which = token === undefined ? 'needs a token' : 'does not know the token';
    const message = `${serviceUrl} ${which}; give --token TOKEN or FAIRHOP_TOKEN, or --data-dir D or FAIRHOP_DATA_DIR to read D/operator.token (without any, ./${localDirectory().operatorTokenFile} is read), or log in with fairhop login`;
    throw new FairhopError('unauthenticated', message, { status: 401, cause: error });
  }
}

async function findToken(
  { token, dataDir }: OperatorAccess,
  serviceUrl: string,
): Promise<string | undefined> {
  if (token !== undefined) return token;
  const login = dataDir === undefined ? await findLogin(serviceUrl) : undefined;
  if (login !== undefined) return login.token;
  if (dataDir === undefined && !isThisMachine(serviceUrl)) return undefined;
  const file = localDirectory(dataDir).operatorTokenFile;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    if (dataDir === undefined && errorCode(cause) === 'ENOENT') return undefined;
    const reason = errorCode(cause) ?? String(cause);
    const message = `operator's token ${file} cannot be read (${reason}); name the --data-dir that the services were started with, or give --token`;
    throw new FairhopError('token-unreadable', message, { status: 400, cause });
  }
}

/** True for loopback and the addresses of this machine's interfaces. */
export function isThisMachine(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)) return true;
  return Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === host));
}
