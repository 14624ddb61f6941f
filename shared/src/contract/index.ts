export * from './accounting-api.js';
export * from './accounting-query.js';
export * from './accounting-query-result.js';
export { apiKeyInfoSchema } from './coordinator-accounts-api.js';
export * from './coordinator-api.js';
export * from './coordinator-session.js';
export * from './edge-api.js';
export * from './endpoint.js';
export * from './http-client.js';
