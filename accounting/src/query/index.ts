export { createQueryEngine, type QueryEngine, type QueryEngineDependencies } from './engine.js';
export type { KnownNetworks } from './question.js';
