export { createAltoMaps } from './alto-maps.js';
export { createAltoRefresh } from './alto-refresh.js';
export { createAltoStore } from './alto-store.js';
export { addAltoRoutes } from './routes.js';
