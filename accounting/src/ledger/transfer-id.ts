import type { TransferId } from '@fairhop/shared/model';

/** The 16 bytes of a UUID. */
export const transferIdBytes = (id: TransferId): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

export const transferIdText = (bytes: Buffer): TransferId =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
