export { askCoordinator, type CheckDraws } from './check-draws.js';
export { suspectsSchema } from './config.js';
export type { QuarantinePlace } from './quarantine-keeper.js';
export { addSuspectRoutes } from './routes.js';
export { createSuspects, type Suspects } from './suspects.js';
