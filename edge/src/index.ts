export { DEFAULT_EDGE_PORT, type EdgeConfig, edgeConfigSchema } from './config.js';
export { createEdge, type Edge, type EdgeDependencies } from './edge.js';
