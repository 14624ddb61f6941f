export {
  createPolicyFeed,
  type PolicyFeed,
  type PolicyFeedConfig,
  type PolicyFeedDependencies,
} from './policy-feed.js';
export type { Window } from './window.js';
