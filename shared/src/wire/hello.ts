import { z } from 'zod';
import { agentKeySchema, ipAddressSchema, signatureSchema, transferIdSchema } from '../model/index.js';
import { MAX_HELLO_GRANT_CHARACTERS } from './limits.js';

/**
 * First frame of each side. `signature` is over `peerHelloBytes` of the crypto module, which binds the channel's DTLS
 * fingerprints to both agents and the grant. The downloader's hello carries the grant, the uploader's may indicate its
 * permit.
 */
export const helloSchema = z
  .strictObject({
    version: z.literal(1),
    agent: agentKeySchema,
    grantId: transferIdSchema,
    role: z.enum(['uploader', 'downloader']),
    /** The coordinator's grant as compact JWT. */
    grant: z
      .string()
      .min(1)
      .max(MAX_HELLO_GRANT_CHARACTERS)
      .regex(/^[A-Za-z0-9_.-]+$/, 'must be a compact JWT')
      .optional(),
    /** Address that the sender sees the other end at, in the selected ICE pair. */
    observedAddress: ipAddressSchema,
    permitId: z.string().min(1).max(128).optional(),
    signature: signatureSchema,
  })
  .refine((hello) => (hello.role === 'downloader') === (hello.grant !== undefined), {
    path: ['grant'],
    message: "must be in the downloader's hello and in no other",
  })
  .refine((hello) => hello.role === 'uploader' || hello.permitId === undefined, {
    path: ['permitId'],
    message: "must be in no other than the uploader's hello",
  });
export type Hello = z.infer<typeof helloSchema>;
