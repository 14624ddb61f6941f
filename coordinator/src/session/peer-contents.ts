import { type AgentKey, type ContentId, createBoundedCache } from '@fairhop/shared/model';

/** For which contents peers were named to whom; it outlasts sessions, so that a new one evades no audit. */
export interface PeerContents {
  remember(agent: AgentKey, contentId: ContentId): void;
  has(agent: AgentKey, contentId: ContentId): boolean;
}

/** The latest, 250 bytes each. */
const MAX_REMEMBERED = 100_000;

export function createPeerContents(): PeerContents {
  const named = createBoundedCache<string, true>(MAX_REMEMBERED);
  return {
    remember: (agent, contentId) => named.set(`${agent} ${contentId}`, true),
    has: (agent, contentId) => named.get(`${agent} ${contentId}`) !== undefined,
  };
}
