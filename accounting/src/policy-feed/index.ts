export { type ComponentFact, createPolicyFeed, type PolicyFeed } from './policy-feed.js';
export type { Window } from './window.js';
