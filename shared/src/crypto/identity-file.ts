import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FairhopError } from '../model/index.js';
import { createIdentity, type Identity, identityFromPem } from './identity.js';
import { requirePrivateFile } from './private-file.js';

/**
 * The identity kept in `file` (PKCS #8 PEM, mode 0600), made on first use. Two processes that start at once get the same
 * one. A file that is there but unreadable is never replaced: throws `identity-file-invalid`, and `secret-file-exposed` when others
 * may read it.
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
    return identityFromPem(await readPrivately(file));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    if (hasCode(cause, 'secret-file-exposed')) throw cause;
    throw new FairhopError(
      'identity-file-invalid',
      `The key file ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'It must be an Ed25519 private key in PKCS #8 PEM that this user may read',
      { cause },
    );
  }
}

async function readPrivately(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    requirePrivateFile(file, await handle.stat());
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Puts another identity in the place of the one in `file`: a crash leaves one or the other, whole. */
export async function replaceIdentity(file: string, identity: Identity): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeSynced(temporary, identity.toPem());
    await rename(temporary, file);
    await syncDirectory(dirname(file));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Writes a whole, synced file in one step. False if another process was first. */
async function writeIfAbsent(file: string, text: string): Promise<boolean> {
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await writeSynced(temporary, text);
    const isFirst = await linkOrRename(temporary, file);
    if (isFirst) await syncDirectory(dirname(file));
    return isFirst;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
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
