import type { AgentMessage, Readiness } from '@fairhop/shared/contract';
import { type AgentKey, FairhopError } from '@fairhop/shared/model';
import { inPrefix, parseAddress, parsePrefix } from '@fairhop/shared/net';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { GrantDesk, RunningGrant } from '../grant/index.js';
import type { SignalRelay } from '../signalling/index.js';
import type { Swarm } from '../swarm/index.js';
import type { AgentSession } from './agent-session.js';
import type { BadDataBook } from './bad-data-book.js';
import type { Catalogue } from './dependencies.js';
import type { SourceFinder } from './find-sources.js';
import type { SessionMetrics } from './metrics.js';
import type { PermitWatch } from './permit-watch.js';
import type { PieceAudits } from './piece-audits.js';
import type { Revocation } from './revocation.js';

export interface AgentMessagesDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly catalogue: Catalogue;
  readonly swarm: Swarm;
  readonly desk: GrantDesk;
  readonly relay: SignalRelay;
  readonly revocation: Revocation;
  readonly badData: BadDataBook;
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
  const { clock, log, catalogue, swarm, desk, relay, revocation, badData, permits, finder } = deps;

  const ofEnd = ({ key }: AgentSession, transferId: string): RunningGrant | undefined => {
    const grant = desk.running.get(transferId);
    return grant && (grant.uploader === key || grant.downloader === key) ? grant : undefined;
  };

  const pieceBytesOf = ({ contentId, sizeBytes }: RunningGrant): number =>
    Math.ceil(sizeBytes / (catalogue.content(contentId)?.pieceCount ?? 1));

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

  const onHolding = (session: AgentSession, message: Extract<AgentMessage, { type: 'holding' }>): void => {
    const { key } = session;
    const content = catalogue.content(message.contentId);
    if (!content) {
      throw new FairhopError('content-unknown', `No published title has the content ${message.contentId}`);
    }
    const { contentId } = message;
    const piecesOf = () => swarm.contents.get(contentId)?.members.get(key)?.pieces;
    const before = piecesOf();
    swarm.hold(key, {
      contentId,
      pieceCount: content.pieceCount,
      pieces: message.pieces === 'all' ? 'all' : Buffer.from(message.pieces, 'base64'),
      wants: message.wants,
    });
    const after = piecesOf();
    const isNew = (piece: number): boolean => after?.has(piece) === true && before?.has(piece) !== true;
    deps.auditPieces(session, {
      contentId,
      pieces: [...Array(content.pieceCount).keys()].filter(isNew),
    });
  };

  const onHave = (session: AgentSession, message: Extract<AgentMessage, { type: 'have' }>): void => {
    const { contentId, pieces } = message;
    const held = swarm.contents.get(contentId)?.members.get(session.key)?.pieces;
    const told = pieces.filter((piece) => held?.has(piece) !== true);
    if (!swarm.have(session.key, contentId, pieces))
      throw new FairhopError('holding-unknown', `Tell what you hold of content ${contentId} first`);
    deps.auditPieces(session, { contentId, pieces: told });
  };

  const onProgress = (
    session: AgentSession,
    { transfers }: Extract<AgentMessage, { type: 'progress' }>,
  ): void => {
    for (const { transferId, bytes, remoteAddress } of transfers) {
      const grant = ofEnd(session, transferId);
      if (!grant) continue;
      // The volume is the uploader's: the other end's word of it counts only while there is nobody else to ask.
      if (grant.uploader === session.key) deps.onUploaded(desk.report(transferId, bytes, clock.nowMs()));
      else if (!swarm.agents.has(grant.uploader))
        deps.onUploaded(desk.reportInPlace(transferId, bytes, clock.nowMs()));
      else if (grant.answeredMs !== undefined && bytes >= pieceBytesOf(grant))
        badData.delivered({ uploader: grant.uploader, address: session.connection.address });
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
    { key, connection }: AgentSession,
    { transferId, piece, blocks }: Extract<AgentMessage, { type: 'bad-data' }>,
  ): void => {
    const grant = desk.lately(transferId);
    if (!grant || grant.downloader !== key || grant.answeredMs === undefined) {
      const message = `Transfer ${transferId} is no grant of this downloader that ran lately`;
      throw new FairhopError('report-refused', message);
    }
    const { uploader, contentId } = grant;
    log.warn(
      { transferId, uploader, downloader: key, contentId, piece, blocks: blocks.length },
      'bad data reported',
    );
    deps.metrics.badData();
    const { address } = connection;
    badData.report({ uploader, reporter: key, address, transferId, contentId, piece });
    swarm.update(uploader, { badReports: badData.reports(uploader) });
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
        if (desk.running.get(message.transferId)?.uploader === session.key)
          desk.answered(message.transferId, clock.nowMs());
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
