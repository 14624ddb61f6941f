export { addLandingRoutes } from './routes.js';
