import { readGivenSecretFile } from '@fairhop/shared/service';
import { z } from 'zod';
import type { SmtpServer } from './send-email.js';

/** The mail server that takes alerts (RFC 5321, submission RFC 6409). */
export const smtpSchema = z
  .strictObject({
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535).default(587),
    /** TLS from the first byte, as on port 465; else STARTTLS, which is required where a user is given. */
    secure: z.boolean().default(false),
    user: z.string().min(1).max(320).optional(),
    /** File with the user's password. */
    passwordFile: z.string().min(1).optional(),
    /** Sender: `alerts@cdn.example`, or `Fairhop <alerts@cdn.example>`. */
    from: z.string().min(3).max(320),
  })
  .refine(({ user, passwordFile }) => (user === undefined) === (passwordFile === undefined), {
    path: ['passwordFile'],
    message: 'must be given with user, and only with it',
  });

/** Throws `secret-file-exposed`, `secret-file-invalid`. */
export function readSmtp(config: z.infer<typeof smtpSchema> | undefined): SmtpServer | undefined {
  if (config === undefined) return undefined;
  const { passwordFile, ...server } = config;
  return passwordFile === undefined ? server : { ...server, password: readGivenSecretFile(passwordFile) };
}
