import { FairhopError } from '../model/index.js';

/** What `stat` tells of a file. */
export interface FileAccess {
  readonly mode: number;
  readonly uid: number;
}

/**
 * Refuses a key or token that others on the machine may read or write: they could sign and act as its owner.
 * Throws `secret-file-exposed`. Windows has no such bits; there the data directory's access list protects.
 */
export function requirePrivateFile(path: string, { mode }: FileAccess): void {
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw exposed(path, mode, '600');
}

/**
 * As `requirePrivateFile` for a key that came with the machine: one of root's may be shared with a group, as distributions do for
 * TLS keys.
 */
export function requirePrivateTlsKey(path: string, { mode, uid }: FileAccess): void {
  const isOfRoot = uid === 0;
  const forbidden = isOfRoot ? 0o037 : 0o077;
  if (process.platform !== 'win32' && (mode & forbidden) !== 0)
    throw exposed(path, mode, isOfRoot ? '640' : '600');
}

function exposed(path: string, mode: number, right: string): FairhopError {
  const octal = (mode & 0o777).toString(8).padStart(3, '0');
  const message = `secret file ${path} has mode ${octal}, open to others on this machine; run chmod ${right} on it, and replace the secret if others may have read it`;
  return new FairhopError('secret-file-exposed', message, { status: 400 });
}
