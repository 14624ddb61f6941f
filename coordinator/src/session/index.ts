export { type SessionServerConfig, sessionServerDefaults } from './config.js';
export type {
  Catalogue,
  Draw,
  DrawLog,
  EdgeDirectory,
  NetworkPlace,
  PermissionService,
  PermitDecision,
  PermitRequest,
  SessionServerDependencies,
  UplinkUsageStore,
} from './dependencies.js';
export { createSessionServer, type SessionServer, type SessionStatus } from './session-server.js';
