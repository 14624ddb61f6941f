import { createHmac } from 'node:crypto';

/**
 * What proves that a range of a piece is at hand (RFC 2104): HMAC-SHA256 of its bytes, lower-case hex. The key is the audit's nonce
 * of 64 hex digits, so that nothing can be kept instead of the bytes.
 */
export const auditDigest = (nonce: string, rangeBytes: Uint8Array): string =>
  createHmac('sha256', Buffer.from(nonce, 'hex')).update(rangeBytes).digest('hex');
