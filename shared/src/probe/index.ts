export { createHostFacts, type HostFactsReader } from './host-facts.js';
export {
  createPathProber,
  type PathProber,
  type PathProberStatus,
  type ProbedTransfer,
} from './path-prober.js';
export { createNameResolver } from './resolve-names.js';
export { createTracer, type Tracer } from './tracer.js';
export { tracingConfigSchema } from './tracing-config.js';
