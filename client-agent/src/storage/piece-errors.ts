import { FairhopError, type Manifest, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';

export function pieceNotHeld(
  { contentId }: Manifest,
  piece: number,
  offset: number,
  lengthBytes: number,
): FairhopError {
  return new FairhopError(
    'piece-not-held',
    `Bytes ${offset} to ${offset + lengthBytes} of piece ${piece} of content ${contentId} are not held`,
    { status: 404 },
  );
}

/** @throws `piece-invalid` for a piece outside of the content or of another length. */
export function checkPieceLength(manifest: Manifest, piece: number, lengthBytes: number): void {
  const inside = Number.isInteger(piece) && piece >= 0 && piece < pieceCount(manifest);
  if (inside && lengthBytes === pieceSizeBytes(manifest, piece)) return;
  const right = inside
    ? `it has ${pieceSizeBytes(manifest, piece)} bytes`
    : `there are ${pieceCount(manifest)}`;
  throw new FairhopError(
    'piece-invalid',
    `Piece ${piece} of content ${manifest.contentId} cannot be written with ${lengthBytes} bytes; ${right}`,
  );
}

/** The typed error for what a write failed with. */
export function writeError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    const message = `${path} cannot be written (${code}); name another place or change its permissions`;
    return new FairhopError('not-writable', message, { status: 403, cause: error });
  }
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new FairhopError(
    'disk-full',
    `${path}: no space is left on the device; what was verified is kept, free some space and start again`,
    { status: 507, cause: error },
  );
}
