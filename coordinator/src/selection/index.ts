export { createPathKnowledge, type SelectionKnowledge } from './knowledge.js';
export { type CostBasis, costClass, type SelectionPaths } from './path-costs.js';
export { createSeededRandom, drawSeed, type SeededRandom } from './seeded-random.js';
export { type SelectedPeer, type SelectionRequest, selectSources } from './select-sources.js';
