// Its types of fastify's request and route options hold for every service.
import './http-body.js';

export * from './as-graph-follower.js';
export * from './atomic-file.js';
export * from './audit-trail.js';
export * from './auth.js';
export * from './cli.js';
export * from './clock.js';
export * from './config.js';
export * from './data-directory.js';
export * from './free-ports.js';
export type { HttpApp } from './http-app.js';
export { invalidRequest } from './http-errors.js';
export type { ReadinessCheck } from './http-operations.js';
export * from './http-service.js';
export * from './lifecycle.js';
export * from './local-directory.js';
export * from './log.js';
export * from './operator-access.js';
export * from './quantities.js';
export * from './rib-follower.js';
export * from './route.js';
export * from './secret-file.js';
export * from './short-address.js';
export * from './sqlite.js';
export { findLogin, loginFile, removeLogin, storeLogin } from './stored-logins.js';
export * from './table.js';
