export { createBadDataBook } from './bad-data-book.js';
export { sessionServerDefaults } from './config.js';
export { createSessionMetrics } from './metrics.js';
export { createSessionServer } from './session-server.js';
