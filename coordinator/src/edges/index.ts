export { createJoinTokens } from './join-tokens.js';
export { createEdgeRegistry } from './registry.js';
export { addEdgeRoutes } from './routes.js';
