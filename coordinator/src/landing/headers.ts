import type { Manifest } from '@fairhop/shared/model';
import { METALINK_MEDIA_TYPE } from './metalink.js';

/**
 * Where the manifest, the Metalink and the mirrors of a title are (RFC 8288, RFC 6249); `urls` best first. URLs are
 * absolute and percent-encoded, so that none holds a `>`.
 */
export function linkHeader(links: {
  manifestUrl: string;
  landingUrl: string;
  urls: readonly string[];
}): string {
  return [
    `<${links.manifestUrl}>; rel=describedby; type="application/json"`,
    `<${links.landingUrl}>; rel=describedby; type="${METALINK_MEDIA_TYPE}"`,
    ...links.urls.map((url, index) => `<${url}>; rel=duplicate; pri=${index + 1}`),
  ].join(', ');
}

/** The whole file's SHA-256: RFC 9530, and its forerunner RFC 3230 that RFC 6249 and its readers use. */
export function digestHeaders({ sha256 }: Manifest): Record<string, string> {
  const digest = Buffer.from(sha256, 'hex').toString('base64');
  return { 'repr-digest': `sha-256=:${digest}:`, digest: `SHA-256=${digest}` };
}
