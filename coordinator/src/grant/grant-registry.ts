import type { AgentKey, ContentId, TransferId } from '@fairhop/shared/model';
import type { RunningGrant } from './running-grant.js';

/** The running grants, found by id, by either end and by pair. */
export interface GrantRegistry<Grant extends RunningGrant> {
  readonly size: number;
  add(grant: Grant): void;
  get(transferId: TransferId): Grant | undefined;
  remove(transferId: TransferId): Grant | undefined;
  ofUploader(agent: AgentKey): readonly Grant[];
  ofDownloader(agent: AgentKey): readonly Grant[];
  /** Those between two agents of one content. */
  between(uploader: AgentKey, downloader: AgentKey, contentId: ContentId): Grant | undefined;
  matching(test: (grant: Grant) => boolean): readonly Grant[];
  /** All grants live equally long, so that those added first expire first. */
  expired(nowMs: number): readonly Grant[];
}

export function createGrantRegistry<Grant extends RunningGrant>(): GrantRegistry<Grant> {
  const grants = new Map<TransferId, Grant>();
  const byUploader = new Map<AgentKey, Set<Grant>>();
  const byDownloader = new Map<AgentKey, Set<Grant>>();

  const put = (index: Map<AgentKey, Set<Grant>>, agent: AgentKey, grant: Grant): void => {
    const known = index.get(agent);
    if (known) known.add(grant);
    else index.set(agent, new Set([grant]));
  };
  const drop = (index: Map<AgentKey, Set<Grant>>, agent: AgentKey, grant: Grant): void => {
    const known = index.get(agent);
    known?.delete(grant);
    if (known?.size === 0) index.delete(agent);
  };

  return {
    get size() {
      return grants.size;
    },
    add(grant) {
      grants.set(grant.transferId, grant);
      put(byUploader, grant.uploader, grant);
      put(byDownloader, grant.downloader, grant);
    },
    get: (transferId) => grants.get(transferId),
    remove(transferId) {
      const grant = grants.get(transferId);
      if (!grant) return undefined;
      grants.delete(transferId);
      drop(byUploader, grant.uploader, grant);
      drop(byDownloader, grant.downloader, grant);
      return grant;
    },
    ofUploader: (agent) => [...(byUploader.get(agent) ?? [])],
    ofDownloader: (agent) => [...(byDownloader.get(agent) ?? [])],
    between(uploader, downloader, contentId) {
      for (const grant of byDownloader.get(downloader) ?? []) {
        if (grant.uploader === uploader && grant.contentId === contentId) return grant;
      }
      return undefined;
    },
    matching: (test) => [...grants.values()].filter(test),
    expired(nowMs) {
      const expired: Grant[] = [];
      for (const grant of grants.values()) {
        if (grant.expiresMs > nowMs) break;
        expired.push(grant);
      }
      return expired;
    },
  };
}
