import type { ContentId } from '@fairhop/shared/model';
import type { AuditDesk } from '../audit/index.js';
import type { GrantDesk } from '../grant/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession } from './agent-session.js';
import type { Catalogue, EdgeDirectory } from './dependencies.js';
import type { PeerContents } from './peer-contents.js';

export type PieceAudits = (
  session: AgentSession,
  told: { readonly contentId: ContentId; readonly pieces: readonly number[] },
) => void;

/** Has pieces audited that an agent newly says to hold of contents for which peers were named to it. */
export function createPieceAudits({
  audits,
  catalogue,
  edges,
  desk,
  swarm,
  peerContents,
}: {
  audits: Pick<AuditDesk, 'acknowledged'>;
  catalogue: Catalogue;
  edges: EdgeDirectory;
  desk: GrantDesk;
  swarm: Swarm;
  peerContents: PeerContents;
}): PieceAudits {
  return (session, { contentId, pieces }) => {
    if (pieces.length === 0 || swarm.agents.get(session.key)?.isQuarantined) return;
    // Named at any time, so that nobody evades by ending a transfer or session before it tells; or before a restart.
    const hasPeers =
      peerContents.has(session.key, contentId) ||
      desk.running.ofDownloader(session.key).some((grant) => grant.contentId === contentId);
    const content = hasPeers ? catalogue.content(contentId) : undefined;
    if (!content) return;
    audits.acknowledged({
      agent: session.key,
      contentId,
      content,
      pieces,
      edges: () => edges.edgesFor(session.place),
      send: (question) => session.connection.send({ type: 'audit', ...question }),
    });
  };
}
