export const coordinatorUserEndpoints = {};
