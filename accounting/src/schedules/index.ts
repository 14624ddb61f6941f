export { closePeriods } from './close-periods.js';
export { perform, type ScheduleNotice } from './perform.js';
export { addScheduleRoutes } from './routes.js';
export { createSavedQueries } from './saved-queries.js';
export { createScheduler } from './scheduler.js';
export { createSchedules } from './schedules.js';
