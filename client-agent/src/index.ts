export { type AgentDependencies, createAgent } from './agent.js';
export { type AgentConfig, type AgentConfigInput, agentConfigSchema } from './agent-config.js';
export type { Agent, AgentStatus, DownloadOptions, DownloadProgress, DownloadResult } from './agent-types.js';
export { type ControlClient, createControlClient } from './control-client.js';
export { parseTitleReference, type TitleReference } from './title-reference.js';
