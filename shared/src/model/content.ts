import { z } from 'zod';
import { byteCountSchema, contentIdSchema, ownerIdSchema, slugSchema, titleIdSchema } from './identifiers.js';

export const BLOCK_BYTES = 16 * 1024;
export const MIN_PIECE_LENGTH_BYTES = 256 * 1024;
export const MAX_PIECE_LENGTH_BYTES = 16 * 1024 * 1024;
/** Pieces are sized so that a file has at most about 4,000; 16 MiB pieces of larger files may exceed it up to this bound. */
export const MAX_PIECES = 65_536;

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

export const titleSchema = z.strictObject({
  id: titleIdSchema,
  owner: ownerIdSchema,
  name: slugSchema,
  fileName: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^/\\\0]+$/, 'must not contain a slash'),
  category: slugSchema,
  mediaType: z
    .string()
    .regex(/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/i, 'must be a media type such as video/mp4')
    .max(127),
  metadata: z.record(z.string().max(64), z.string().max(1024)).default({}),
  contentId: contentIdSchema,
  sizeBytes: byteCountSchema.min(1),
  origin: originSchema,
  rules: deliveryRulesSchema,
  state: z.enum(['published', 'withdrawn']),
  publishedMs: z.int(),
});
export type Title = z.infer<typeof titleSchema>;
