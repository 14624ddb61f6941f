export { type CoordinatorConfig, coordinatorConfigSchema } from './config.js';
export { type Coordinator, type CoordinatorDependencies, createCoordinator } from './coordinator.js';
