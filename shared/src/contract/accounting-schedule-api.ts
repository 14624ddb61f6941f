export const accountingScheduleEndpoints = {};
