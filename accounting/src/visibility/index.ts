export { createHostNames } from './pseudonyms.js';
export { addVisibilityRoutes } from './routes.js';
export { type VisibilityKnowledge, viewerOf } from './viewer.js';
