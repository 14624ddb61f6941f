import type { AgentMessage, Readiness } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError } from '@fairhop/shared/model';
import { inPrefix, parseAddress, parsePrefix } from '@fairhop/shared/net';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { GrantDesk, RunningGrant } from '../grant/index.js';
import type { SignalRelay } from '../signalling/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession } from './agent-session.js';
import type { Catalogue } from './dependencies.js';
import type { SourceFinder } from './find-sources.js';
import type { SessionMetrics } from './metrics.js';
import type { PermitWatch } from './permit-watch.js';
import type { PieceAudits } from './piece-audits.js';
import type { Reliability } from './reliability.js';
import type { Revocation } from './revocation.js';

export interface AgentMessagesDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly catalogue: Catalogue;
  readonly swarm: Swarm;
  readonly desk: GrantDesk;
  readonly relay: SignalRelay;
  readonly revocation: Revocation;
  readonly reliability: Reliability;
  readonly permits: PermitWatch;
  readonly finder: SourceFinder;
  readonly auditPieces: PieceAudits;
  onAuditAnswer(agent: AgentKey, auditId: string, digest: string | undefined): void;
  /** Bytes that were reported for the first time. */
  onUploaded(bytes: number): void;
  readonly metrics: SessionMetrics;
}

/** What a proven agent may say, message by message. Throws FairhopError, which the agent is told. */
export function createAgentMessages(deps: AgentMessagesDependencies) {
  const { clock, log, catalogue, swarm, desk, relay, revocation, reliability, permits, finder } = deps;

  const ofEnd = ({ key }: AgentSession, transferId: string): RunningGrant | undefined => {
    const grant = desk.running.get(transferId);
    return grant && (grant.uploader === key || grant.downloader === key) ? grant : undefined;
  };

  const onReadiness = ({ key }: AgentSession, readiness: Readiness): void => {
    swarm.update(key, { readiness });
    for (const grant of desk.running.ofUploader(key)) {
      if (!readiness.ready) {
        revocation.revoke(
          grant,
          'uploader-not-ready',
          `the uploader is not ready: ${readiness.reasons.join('; ') || 'no reason given'}`,
        );
      } else revocation.lower(grant, readiness.rateBitsPerSecond);
    }
  };

  const onHolding = ({ key }: AgentSession, message: Extract<AgentMessage, { type: 'holding' }>): void => {
    const content = catalogue.content(message.contentId);
    if (!content) {
      throw new FairhopError('content-unknown', `No published title has the content ${message.contentId}`);
    }
    swarm.hold(key, {
      contentId: message.contentId,
      pieceCount: content.pieceCount,
      pieces: message.pieces === 'all' ? 'all' : Buffer.from(message.pieces, 'base64'),
      wants: message.wants,
    });
  };

  const onHave = (session: AgentSession, message: Extract<AgentMessage, { type: 'have' }>): void => {
    const { contentId, pieces } = message;
    if (!swarm.have(session.key, contentId, pieces))
      throw new FairhopError('holding-unknown', `Tell what you hold of content ${contentId} first`);
    deps.auditPieces(session, message);
  };

  const onProgress = (
    session: AgentSession,
    { transfers }: Extract<AgentMessage, { type: 'progress' }>,
  ): void => {
    for (const { transferId, bytes, remoteAddress } of transfers) {
      const grant = ofEnd(session, transferId);
      if (!grant) continue;
      deps.onUploaded(desk.report(transferId, bytes, clock.nowMs()));
      // Only the other end of a channel sees what address it really comes from (a VPN, a second uplink).
      if (remoteAddress === undefined || grant.downloader !== session.key) continue;
      const address = parseAddress(remoteAddress);
      if (grant.permit.networks.some((network) => inPrefix(address, parsePrefix(network)))) continue;
      log.info(
        { transferId, remoteAddress, permit: grant.permit.id },
        'an upload came from outside its permit',
      );
      revocation.revoke(
        grant,
        'outside-permit',
        `the uploader's address is outside of permit ${grant.permit.id}`,
      );
    }
  };

  const onRelease = (
    session: AgentSession,
    { transferId, reason }: Extract<AgentMessage, { type: 'release' }>,
  ): void => {
    const grant = ofEnd(session, transferId);
    if (!grant) return;
    // A downloader that still waits for the channel must learn that there will be none.
    if (grant.uploader === session.key)
      revocation.revoke(grant, 'uploader-released', `the uploader released it: ${reason}`);
    else revocation.close(transferId);
  };

  const onBadData = (
    { key }: AgentSession,
    { transferId, piece, blocks }: Extract<AgentMessage, { type: 'bad-data' }>,
  ): void => {
    const grant = desk.running.get(transferId);
    if (!grant || grant.downloader !== key) {
      throw new FairhopError(
        'report-refused',
        `Transfer ${transferId} is no running grant of this downloader`,
      );
    }
    const { uploader, contentId } = grant;
    log.warn(
      { transferId, uploader, downloader: key, contentId, piece, blocks: blocks.length },
      'bad data reported',
    );
    deps.metrics.badData();
    reliability.report(uploader, key);
    swarm.update(uploader, { badReports: reliability.badReports(uploader) });
  };

  return async (session: AgentSession, message: Exclude<AgentMessage, { type: 'hello' }>): Promise<void> => {
    switch (message.type) {
      case 'readiness':
        onReadiness(session, message.readiness);
        break;
      case 'permit-token':
        session.permitToken = message.permitToken;
        await permits.evaluate(session);
        break;
      case 'holding':
        onHolding(session, message);
        break;
      case 'have':
        onHave(session, message);
        break;
      case 'leave':
        swarm.leave(session.key, message.contentId);
        break;
      case 'find-sources':
        if (!session.sourceRequests.take()) {
          throw new FairhopError(
            'find-sources-rate-limited',
            'Sources are asked for too often; ask in some seconds',
          );
        }
        session.connection.send(await finder.find(session, message));
        break;
      case 'signal':
        relay.relay(session.key, message.transferId, message.signal);
        deps.metrics.signalled();
        break;
      case 'progress':
        onProgress(session, message);
        break;
      case 'release':
        onRelease(session, message);
        break;
      case 'audit-answer':
        deps.onAuditAnswer(session.key, message.auditId, message.digest);
        break;
      case 'bad-data':
        onBadData(session, message);
        break;
    }
  };
}
