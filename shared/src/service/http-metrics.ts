import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** From a lookup in memory to the longest query that a client waits for. */
const durationBucketsSeconds = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

let processRegistry: Registry | undefined;

/** Facts of the process (memory, event loop), observed once however many services it runs. */
function processMetrics(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

/** The service's own registry, with a histogram of its requests by route (never by path, which has no bound). */
export function registerMetrics(app: FastifyInstance, name: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: name });
  const durations = new Histogram({
    name: 'fairhop_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: durationBucketsSeconds,
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unmatched';
    const labels = { method: request.method, route, status: reply.statusCode };
    durations.observe(labels, reply.elapsedTime / 1000);
    request.log.debug({ ...labels, ip: request.ip, durationMs: Math.round(reply.elapsedTime) }, 'answered');
  });
  return registry;
}

/** What `/metrics` answers (Prometheus text format): the process, then the service. */
export async function renderMetrics(registry: Registry): Promise<{ contentType: string; text: string }> {
  const texts = await Promise.all([processMetrics().metrics(), registry.metrics()]);
  return { contentType: registry.contentType, text: texts.join('\n') };
}
