export { createNetworks, type Networks } from './networks.js';
export { addNetworkRoutes } from './routes.js';
