import { coordinatorTrustEndpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, type Logger, route } from '@fairhop/shared/service';
import type { QuarantineBook } from './quarantine-book.js';

export function addQuarantineRoutes(
  app: HttpApp,
  { book, auth, log }: { book: QuarantineBook; auth: Authenticator; log: Logger },
): void {
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  route(app, coordinatorTrustEndpoints.putQuarantine, operator, ({ params: { agent }, body }) => {
    const quarantine = book.put(agent, body);
    const checks = body.suspicions.map(({ check }) => check);
    log.warn({ agent, by: body.by, untilMs: body.untilMs, checks }, 'an agent is in quarantine');
    return quarantine;
  });
  route(app, coordinatorTrustEndpoints.listQuarantine, operator, ({ query }) => ({
    quarantine: book.latest(query),
    total: book.size,
  }));
  route(app, coordinatorTrustEndpoints.pageQuarantine, operator, ({ query }) => book.page(query));
  route(app, coordinatorTrustEndpoints.releaseQuarantine, operator, ({ params: { agent } }) => {
    book.release(agent);
    log.info({ agent }, 'an agent is released from quarantine');
    return { agent };
  });
}
