import { randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { requirePrivateFile, requirePrivateTlsKey } from '../crypto/private-file.js';
import { FairhopError } from '../model/errors.js';
import { createFileAtomic, errorCode } from './atomic-file.js';

/** A token file or a PEM key is far smaller; more is a wrong path. */
const maxSecretFileBytes = 64 * 1024;

/** 256 random bits in base64url: as strong as the Ed25519 keys beside it. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Content of a secret file without the white space around it; when there is none, `create()` makes it (mode 0600,
 * atomically: of two processes that start at once both read the same secret).
 * Throws `secret-file-exposed` when others on the machine may read it, `secret-file-invalid` when it is empty or
 * too large.
 */
export async function readOrCreateSecretFile(
  path: string,
  create: () => string = randomToken,
): Promise<string> {
  const present = await readSecretFile(path);
  if (present !== undefined) return present;
  await createFileAtomic(path, `${create()}\n`, 0o600);
  const created = await readSecretFile(path);
  if (created === undefined) throw invalid(path, 'vanished while it was created; do not remove it');
  return created;
}

async function readSecretFile(path: string): Promise<string | undefined> {
  const file = await openIfPresent(path);
  if (!file) return undefined;
  try {
    const status = await file.stat();
    requirePrivateFile(path, status);
    const { size } = status;
    if (size > maxSecretFileBytes)
      throw invalid(path, `has ${size} bytes; at most ${maxSecretFileBytes} are right`);
    const secret = (await file.readFile('utf8')).trim();
    if (secret === '') throw invalid(path, 'is empty; remove it to have a new one made');
    return secret;
  } finally {
    await file.close();
  }
}

/**
 * A secret that the operator put into a file, without the white space around it: of this user alone, or root's and shared with a
 * group, as secrets are mounted into containers. Throws `secret-file-exposed`, `secret-file-invalid`.
 */
export function readGivenSecretFile(path: string): string {
  try {
    requirePrivateTlsKey(path, statSync(path));
    const secret = readFileSync(path, 'utf8').trim();
    if (secret !== '' && secret.length <= maxSecretFileBytes) return secret;
  } catch (error) {
    if (error instanceof FairhopError) throw error;
    throw invalid(path, `cannot be read (${errorCode(error)})`);
  }
  throw invalid(path, 'is empty or too large; one line with the secret is right');
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function invalid(path: string, what: string): FairhopError {
  return new FairhopError('secret-file-invalid', `secret file ${path} ${what}`);
}
