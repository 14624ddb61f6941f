import { randomBytes } from 'node:crypto';
import type { TransferId } from '@fairhop/shared/model';

/** UUIDs of version 7 (RFC 9562 §5.7) begin with the time in milliseconds, so that those issued before a time are one range. */
export function newTransferId(nowMs: number, bytes = randomBytes(16)): TransferId {
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export const transferIdBytes = (transferId: TransferId): Buffer =>
  Buffer.from(transferId.replaceAll('-', ''), 'hex');

/** Those of transfers issued before the time sort before it. */
export function firstIdAt(timeMs: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(Math.max(0, timeMs), 0, 6);
  return bytes;
}
