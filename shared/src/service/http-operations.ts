import type { Registry } from 'prom-client';
import { z } from 'zod';
import { createAuthenticator, staticTokens } from './auth.js';
import { withTimeout } from './clock.js';
import type { HttpApp } from './http-app.js';
import { renderMetrics } from './http-metrics.js';

/** Resolves when what the service needs is there; throws with the reason when not. */
export type ReadinessCheck = () => Promise<void>;

/** Shorter than the time-outs of the usual probes. */
const checkTimeoutMs = 2000;

const readinessSchema = z.object({
  ready: z.boolean(),
  /** By name of the check: `ok`, or `failed`; the log tells why. */
  checks: z.record(z.string(), z.enum(['ok', 'failed'])),
});

/** For who opens the base URL in a browser. */
const greetingSchema = z.object({
  service: z.string(),
  docs: z.literal('/docs'),
  health: z.literal('/healthz'),
});

export interface OperationsConfig {
  /** Of the service. */
  name: string;
  checks: ReadonlyMap<string, ReadinessCheck>;
  registry: Registry;
  operatorToken: string | undefined;
}

/** `/` (what this is), `/healthz` (the process answers), `/readyz` (it can do its work) and `/metrics` (the operator's, if there is a token). */
export function registerOperations(
  app: HttpApp,
  { name, checks, registry, operatorToken }: OperationsConfig,
): void {
  const tags = ['operations'];
  app.get(
    '/',
    { schema: { tags, summary: 'What is this?', response: { 200: greetingSchema } } },
    async () => ({ service: `Fairhop ${name}`, docs: '/docs' as const, health: '/healthz' as const }),
  );
  app.get(
    '/healthz',
    { schema: { tags, summary: 'Is it alive?', response: { 200: z.object({ alive: z.literal(true) }) } } },
    async () => ({ alive: true as const }),
  );
  app.get(
    '/readyz',
    { schema: { tags, summary: 'Can it work?', response: { 200: readinessSchema, 503: readinessSchema } } },
    async (request, reply) => {
      const results = await Promise.all(
        [...checks].map(async ([name, check]) => {
          try {
            await withTimeout(check(), checkTimeoutMs, 'time-out');
            return [name, 'ok'] as const;
          } catch (error) {
            request.log.warn({ err: error, check: name }, 'not ready');
            return [name, 'failed'] as const;
          }
        }),
      );
      const ready = results.every(([, result]) => result === 'ok');
      return reply.status(ready ? 200 : 503).send({ ready, checks: Object.fromEntries(results) });
    },
  );
  app.get(
    '/metrics',
    {
      schema: { tags, summary: 'Counters, in the text format of Prometheus' },
      onRequest: operatorToken === undefined ? [] : [requireOperator(operatorToken)],
    },
    async (_request, reply) => {
      const { contentType, text } = await renderMetrics(registry);
      return reply.type(contentType).send(text);
    },
  );
}

function requireOperator(
  token: string,
): ReturnType<ReturnType<typeof createAuthenticator>['requirePrincipal']> {
  const verify = staticTokens([{ token, principal: { kind: 'operator', id: 'operator' } }]);
  return createAuthenticator({ verify }).requirePrincipal(['operator']);
}
