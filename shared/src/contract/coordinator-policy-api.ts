export const coordinatorPolicyEndpoints = {};
