export {
  createQueryEngine,
  type KnownNetworks,
  type QueryEngine,
  type QueryEngineDependencies,
} from './engine.js';
