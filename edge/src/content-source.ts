import type { contentSourceSchema } from '@fairhop/shared/contract';
import type { VerifiedPieces } from '@fairhop/shared/crypto';
import type { z } from 'zod';

/** Title, origin and manifest of a content; the manifest is verified against the content id. */
export type ContentSource = z.infer<typeof contentSourceSchema> & { readonly hashes: VerifiedPieces };
