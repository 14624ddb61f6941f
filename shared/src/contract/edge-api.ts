import { z } from 'zod';
import { defineEndpoint } from './endpoint.js';

/**
 * The edge speaks plain HTTP: `GET /c/{contentId}[/{fileName}]?token=…` with ranges (RFC 9110), and
 * `GET /c/{contentId}/leaves/{piece}?token=…` for the 32-byte block hashes of one piece.
 */
export const contentPath = (contentId: string, fileName?: string): string =>
  `/c/${contentId}${fileName === undefined ? '' : `/${encodeURIComponent(fileName)}`}`;

/** URL of a piece's leaf layer, made from the content URL that an agent was given. */
export const leavesUrl = (contentUrl: string, piece: number): string => {
  const url = new URL(contentUrl);
  const [, , contentId] = url.pathname.split('/');
  url.pathname = `/c/${contentId}/leaves/${piece}`;
  return url.href;
};

/** Beside contents, which are plain HTTP for any client. */
export const edgeEndpoints = {
  audit: defineEndpoint({
    method: 'POST',
    path: '/v1/audits',
    summary: 'The keyed hash of a range of a piece, for a token of the coordinator’s (fairhop-audit+jwt)',
    body: z.strictObject({ token: z.string().min(1).max(4_096) }),
    response: z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/) }),
  }),
};
