import { z } from 'zod';

/** Autonomous system number, 32 bits (RFC 6793). 0 and 4294967295 are reserved (RFC 7607, RFC 7300). */
export const asnSchema = z.int().min(1).max(4_294_967_294);
export type Asn = z.infer<typeof asnSchema>;

/** Lower-case short name of an ISP, an owner or a title's last segment: `sp1`, `moviestudio`, `big-film.mp4`. */
export const slugSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/,
    'must be 1 to 64 of a-z, 0-9, ".", "_", "-", starting and ending with a letter or digit',
  );
export const ispIdSchema = slugSchema;
export const ownerIdSchema = slugSchema;

/** `owner/name`, unique in a catalogue. */
export const titleIdSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}$/, 'must be owner/name in lower case');
export type TitleId = z.infer<typeof titleIdSchema>;

/** SHA-256 over (format version, size, piece length, Merkle root), lower-case hex. */
export const contentIdSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');
export type ContentId = z.infer<typeof contentIdSchema>;

/**
 * Raw Ed25519 public key, 32 bytes as base64url without padding. It names an agent, an edge or a coordinator, so it has
 * one spelling only: the last character's unused bits are zero.
 */
export const publicKeySchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, 'must be a base64url Ed25519 public key of 43 characters');
export type PublicKey = z.infer<typeof publicKeySchema>;
export const agentKeySchema = publicKeySchema;
export type AgentKey = PublicKey;

/** Ed25519 signature, 64 bytes as base64url without padding. */
export const signatureSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{85}[AQgw]$/, 'must be a base64url Ed25519 signature of 86 characters');

/** One transfer is one grant: the JWT's `jti`. */
export const transferIdSchema = z.uuid();
export type TransferId = z.infer<typeof transferIdSchema>;

export const ipAddressSchema = z.union([z.ipv4(), z.ipv6()]);
export const prefixSchema = z.union([z.cidrv4(), z.cidrv6()]);

export const byteCountSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
export const bitRateSchema = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
/** Milliseconds since the epoch, UTC, within what ECMAScript's Date can hold. */
export const timeMsSchema = z.int().min(0).max(8_640_000_000_000_000);

export const asId = (asn: Asn): string => `as:${asn}`;
export const linkId = (from: Asn, to: Asn): string => `link:as:${from}>as:${to}`;
export const ispComponentId = (isp: string): string => `isp:${isp}`;
/** `host:<agent key>`, or for plain HTTP clients, edges without a key and origins the address. */
export const hostId = (keyOrAddress: string): string => `host:${keyOrAddress}`;
export const hostIdSchema = z
  .string()
  .regex(/^host:\S{1,80}$/, 'must be host: and an agent key or an address');
