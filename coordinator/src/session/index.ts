export { sessionServerDefaults } from './config.js';
export { createSessionServer } from './session-server.js';
export { createSessionMetrics } from './metrics.js';
