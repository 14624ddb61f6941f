import { z } from 'zod';
import { publicKeySchema, timeMsSchema } from '../model/index.js';
import { defineEndpoint } from './endpoint.js';

/** Keys with which a coordinator signs. */
export const coordinatorKeyEndpoints = {
  rotateSigningKey: defineEndpoint({
    method: 'POST',
    path: '/v1/signing-keys',
    summary:
      'Sign with another key from now on; sessions stay, and what the key before signed stays good (operator)',
    body: z.strictObject({
      /** For a key that was stolen: what it signed is believed no more, late reports of its transfers included. */
      revokeOld: z.boolean().default(false),
    }),
    response: z.object({
      publicKey: publicKeySchema,
      retired: z.array(
        z.object({ publicKey: publicKeySchema, retiredMs: timeMsSchema, publishedUntilMs: timeMsSchema }),
      ),
    }),
  }),
};
