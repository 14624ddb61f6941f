import { edgeEndpoints } from '@fairhop/shared/contract';
import { type HttpApp, route } from '@fairhop/shared/service';
import type { RangeDigests } from './range-digests.js';
import type { AuditTokens } from './token.js';

/** A token has about 1,100 characters. */
const BODY_LIMIT_BYTES = 8 * 1024;

/** The right answers to the coordinator's random audits of agents. */
export function addAuditRoutes(
  app: HttpApp,
  { tokens, digests }: { tokens: AuditTokens; digests: RangeDigests },
): void {
  route(app, edgeEndpoints.audit, { bodyLimit: BODY_LIMIT_BYTES }, async ({ body, request }) => {
    const claims = await tokens.check(body.token);
    const gone = new AbortController();
    const onClose = (): void => gone.abort();
    request.raw.socket.once('close', onClose);
    try {
      return { digest: await digests.digestOf(claims, gone.signal) };
    } finally {
      request.raw.socket.off('close', onClose);
    }
  });
}
