import { z } from 'zod';
import { byteCountSchema, contentIdSchema, ownerIdSchema, slugSchema, titleIdSchema } from './identifiers.js';

export const BLOCK_BYTES = 16 * 1024;
export const MIN_PIECE_LENGTH_BYTES = 256 * 1024;
export const MAX_PIECE_LENGTH_BYTES = 16 * 1024 * 1024;
/** Pieces are sized so that a file has at most about 4,000; 16 MiB pieces of larger files may exceed it up to this bound. */
export const MAX_PIECES = 65_536;

/** Descriptive facts of a title: more belongs into the owner's own catalogue. */
const MAX_METADATA_ENTRIES = 32;

const hexHashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in lower-case hex');
const pieceHashesSchema = z.base64().max(Math.ceil((MAX_PIECES * 32) / 3) * 4);

/**
 * What a downloader needs to verify a content piece by piece. `pieceLayer` is bound to `contentId` through the Merkle
 * root (BEP 52); the flat hashes serve plain HTTP clients (Repr-Digest RFC 9530, Metalink RFC 5854).
 */
export const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  contentId: contentIdSchema,
  sizeBytes: byteCountSchema.min(1),
  pieceLengthBytes: z
    .int()
    .min(MIN_PIECE_LENGTH_BYTES)
    .max(MAX_PIECE_LENGTH_BYTES)
    .refine((value) => (value & (value - 1)) === 0, 'must be a power of two'),
  merkleRoot: hexHashSchema,
  /** Concatenated 32-byte roots of the pieces' subtrees, base64. */
  pieceLayer: pieceHashesSchema,
  /** SHA-256 of the whole file. */
  sha256: hexHashSchema,
  /** Concatenated 32-byte flat SHA-256 of each piece, base64. */
  pieceSha256: pieceHashesSchema,
});
export type Manifest = z.infer<typeof manifestSchema>;

export const pieceCount = (content: Pick<Manifest, 'sizeBytes' | 'pieceLengthBytes'>): number =>
  Math.ceil(content.sizeBytes / content.pieceLengthBytes);

/** Length in bytes of piece `index`; the last one may be short. */
export const pieceSizeBytes = (
  content: Pick<Manifest, 'sizeBytes' | 'pieceLengthBytes'>,
  index: number,
): number => Math.min(content.pieceLengthBytes, content.sizeBytes - index * content.pieceLengthBytes);

/** Where the owner keeps the bytes: an HTTP URL, or a file below a directory that the edge serves as origin. */
export const originSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('http'), url: z.url({ protocol: /^https?$/ }) }),
  z.strictObject({
    kind: z.literal('directory'),
    path: z
      .string()
      .min(1)
      .max(1024)
      .refine(
        (path) => !path.startsWith('/') && !path.split(/[\\/]/).includes('..'),
        'must be relative and without ".."',
      ),
  }),
]);
export type Origin = z.infer<typeof originSchema>;

/** The owner's rules on who may deliver a title. `peerCountries` absent means everywhere; codes are ISO 3166-1 alpha-2. */
export const deliveryRulesSchema = z.strictObject({
  peersAllowed: z.boolean().default(true),
  peerCountries: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(250)
    .optional(),
});
export type DeliveryRules = z.infer<typeof deliveryRulesSchema>;

/**
 * The name that a title's file gets on downloaders' disks and in headers: one path segment that names a file on every
 * system and cannot forge a line or the direction of text.
 */
export const fileNameSchema = z
  .string()
  .min(1)
  .refine((name) => new TextEncoder().encode(name).length <= 255, 'must have at most 255 bytes in UTF-8')
  .refine((name) => !/[/\\]/.test(name), 'must not contain a slash or backslash')
  .refine((name) => !/^\.{1,2}$/.test(name), 'must name a file, not "." or ".."')
  .refine(
    (name) => !/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(name),
    'must not contain control characters, line separators or text direction overrides',
  );

export const titleSchema = z.strictObject({
  id: titleIdSchema,
  owner: ownerIdSchema,
  name: slugSchema,
  fileName: fileNameSchema,
  category: slugSchema,
  mediaType: z
    .string()
    .regex(/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/i, 'must be a media type such as video/mp4')
    .max(127),
  metadata: z
    .record(z.string().max(64), z.string().max(1024))
    .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA_ENTRIES, {
      message: `must have at most ${MAX_METADATA_ENTRIES} entries`,
    })
    .default({}),
  contentId: contentIdSchema,
  sizeBytes: byteCountSchema.min(1),
  origin: originSchema,
  rules: deliveryRulesSchema,
  state: z.enum(['published', 'withdrawn']),
  publishedMs: z.int(),
});
export type Title = z.infer<typeof titleSchema>;
