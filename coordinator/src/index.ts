export { type CoordinatorConfig, coordinatorConfigSchema } from './config.js';
export { type Coordinator, type CoordinatorDependencies, createCoordinator } from './coordinator.js';
export {
  createPathKnowledge,
  createSeededRandom,
  drawSeed,
  type SeededRandom,
  type SelectionKnowledge,
  type SelectionRequest,
  selectSources,
} from './selection/index.js';
export { createSwarm, type Member, type Swarm } from './swarm/index.js';
