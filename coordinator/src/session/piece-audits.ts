import type { AgentMessage } from '@fairhop/shared/contract';
import type { AuditDesk } from '../audit/index.js';
import type { GrantDesk } from '../grant/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession } from './agent-session.js';
import type { Catalogue, EdgeDirectory } from './dependencies.js';

export type PieceAudits = (session: AgentSession, have: Extract<AgentMessage, { type: 'have' }>) => void;

/** Has pieces audited that an agent acknowledged of contents for which peers were named to it. */
export function createPieceAudits({
  audits,
  catalogue,
  edges,
  desk,
  swarm,
}: {
  audits: Pick<AuditDesk, 'acknowledged'>;
  catalogue: Catalogue;
  edges: EdgeDirectory;
  desk: GrantDesk;
  swarm: Swarm;
}): PieceAudits {
  return (session, { contentId, pieces }) => {
    if (swarm.agents.get(session.key)?.isQuarantined) return;
    // Of this session, so that nobody evades by ending a transfer before it tells; or of the one before.
    const hasPeers =
      session.peerContents.has(contentId) ||
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
