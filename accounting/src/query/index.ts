export { createQueryEngine, type QueryEngine, type QueryEngineDependencies } from './engine.js';
export type { KnownNetworks } from './question.js';
export { sendAnswer } from './send-answer.js';
export type { View } from './view.js';
