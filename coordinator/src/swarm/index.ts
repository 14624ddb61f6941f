export type { MemberChange } from './content-swarm.js';
export { PieceSet } from './piece-set.js';
export { createSwarm, defaultSwarmLimits, type Swarm, type SwarmLimits } from './swarm.js';
export type {
  ContentSwarm,
  Member,
  Network,
  NetworkGroup,
  SwarmAgent,
  UploaderGroup,
} from './swarm-model.js';
