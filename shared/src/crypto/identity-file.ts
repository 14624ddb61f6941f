import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FairhopError } from '../model/index.js';
import { createIdentity, type Identity, identityFromPem } from './identity.js';

/**
 * The identity kept in `file` (PKCS #8 PEM, mode 0600), made on first use. Two processes that start at once get the same
 * one. A file that is there but unreadable is never replaced: throws `identity-file-invalid`.
 */
export async function loadOrCreateIdentity(file: string): Promise<Identity> {
  const existing = await loadIdentity(file);
  if (existing !== undefined) return existing;
  const identity = createIdentity();
  if (await writeIfAbsent(file, identity.toPem())) return identity;
  const winner = await loadIdentity(file);
  if (winner !== undefined) return winner;
  throw new FairhopError(
    'identity-file-invalid',
    `The key file ${file} vanished while it was being made; try again`,
  );
}

async function loadIdentity(file: string): Promise<Identity | undefined> {
  try {
    return identityFromPem(await readFile(file, 'utf8'));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw new FairhopError(
      'identity-file-invalid',
      `The key file ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'It must be an Ed25519 private key in PKCS #8 PEM that this user may read',
      { cause },
    );
  }
}

/** Writes a whole, synced file in one step. False if another process was first. */
async function writeIfAbsent(file: string, text: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const isFirst = await linkOrRename(temporary, file);
    if (isFirst) await syncDirectory(dirname(file));
    return isFirst;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** A link, unlike a rename, fails when the file is there; file systems without links get the rename. */
async function linkOrRename(temporary: string, file: string): Promise<boolean> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].some((code) => hasCode(error, code))) throw error;
    await rename(temporary, file);
  }
  return true;
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows opens no directories and needs no such sync.
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
