export { addBeliefRoutes } from './routes.js';
export { createScheduledReview } from './scheduled-review.js';
export { contractsSchema, createTerms } from './terms.js';
