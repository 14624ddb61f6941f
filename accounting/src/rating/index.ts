export { minorUnitsOf } from './amount.js';
export { checkRatePlan } from './check-rate-plan.js';
export { measureOf } from './measure.js';
export { rate } from './rate.js';
