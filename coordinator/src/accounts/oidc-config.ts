import { z } from 'zod';

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);

export const oidcSchema = z.strictObject({
  /** As its discovery document names it; https, but for a provider on this machine. */
  issuer: z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.startsWith('https:') || isLoopback(url), 'must be https'),
  clientId: z.string().min(1).max(200),
  /** A file with the client's secret; without it the client is a public one, and PKCE alone protects it. */
  clientSecretFile: z.string().min(1).optional(),
});
export type OidcConfig = z.output<typeof oidcSchema>;

/** Where a code may come back to: a program on the machine of who asks (RFC 8252, 7.3), or pages that the operator trusts. */
export const isReturnUrl = (url: string, pages: readonly string[]): boolean =>
  (url.startsWith('http:') && isLoopback(url)) || pages.includes(new URL(url).origin);
