export { PieceSet } from './piece-set.js';
export { createSwarm, type Swarm } from './swarm.js';
export type {
  ContentSwarm,
  Member,
  Network,
  SwarmAgent,
  UploaderGroup,
} from './swarm-model.js';
