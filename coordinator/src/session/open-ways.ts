import type { DrawPolicy, EdgeInfo } from '@fairhop/shared/contract';
import type { AgentKey, ContentId, PolicyNotice } from '@fairhop/shared/model';
import { noticeOf, type PolicyView, type WayEnd } from '../policy/index.js';
import type { Swarm, SwarmAgent } from '../swarm/index.js';

/** Ways to one downloader while policies act: which are closed, and what is said of it. */
export interface OpenWays {
  /** Links and ASes. */
  readonly closed: ReadonlySet<string>;
  /** Some way may be closed. */
  readonly isAnyClosed: boolean;
  isClosedFrom(edge: EdgeInfo): boolean;
  /** Asked of each candidate, where only addresses tell. */
  readonly isLeftOut: ((uploader: SwarmAgent) => boolean) | undefined;
  /** Policies that limit what comes from these sources: where an edge's way is open, edges are no limit. */
  limitedBy(edges: readonly EdgeInfo[], uploaders: readonly SwarmAgent[]): PolicyNotice[];
  /** For the log of draws, and counted. `asked` is undefined where no peers were asked for, so that nobody was left out. */
  told(asked: AskedPeers | undefined, limitedBy: readonly PolicyNotice[]): DrawPolicy[];
}

interface AskedPeers {
  readonly contentId: ContentId;
  readonly downloader: AgentKey;
}

const endOfAgent = ({ address, network }: SwarmAgent): WayEnd => ({
  address,
  asn: network?.asn ?? null,
  isp: network?.isp ?? null,
});

export function openWays(view: PolicyView, swarm: Swarm): OpenWays {
  const { closed, looksBeneath } = view;
  const isAnyClosed = closed.size > 0 || looksBeneath;
  const leftOut = new Set<SwarmAgent>();
  const isClosedFrom = (edge: EdgeInfo): boolean => isAnyClosed && view.actingFrom(edge).length > 0;
  return {
    closed,
    isAnyClosed,
    isClosedFrom,
    isLeftOut: looksBeneath
      ? (uploader) => {
          const isOut = view.actingFrom(endOfAgent(uploader)).length > 0;
          if (isOut) leftOut.add(uploader);
          return isOut;
        }
      : undefined,
    limitedBy(edges, uploaders) {
      if (!isAnyClosed) return [];
      const ends: WayEnd[] = uploaders.map(endOfAgent);
      if (edges.every(isClosedFrom)) ends.push(...edges);
      const policies = new Set(ends.flatMap(view.actingFrom));
      return [...policies].map(noticeOf);
    },
    told(asked, limitedBy) {
      if (!isAnyClosed) return [];
      const content = asked && swarm.contents.get(asked.contentId);
      const self = asked && content?.members.get(asked.downloader);
      const networks = [...(content?.networks ?? [])].map(([{ asn, isp }, { holders, starters }]) => {
        const isAmong = self !== undefined && (holders.has(self) || starters.has(self));
        return { source: { asn, isp }, uploaders: holders.size + starters.size - (isAmong ? 1 : 0) };
      });
      return view.told({ networks, single: [...leftOut].map(endOfAgent) }, limitedBy);
    },
  };
}
