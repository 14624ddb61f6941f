import type { ContentId } from '@fairhop/shared/model';
import type { AgentParts } from './agent-parts.js';
import { createAuditAnswers } from './audit-answers.js';
import { fetchPermit } from './session/permit-fetcher.js';
import { titleWithdrawn } from './title-resolver.js';
import { findWithdrawn } from './withdrawals.js';

/** Hands what the coordinator says to the part that it is for. */
export function listenToCoordinator(parts: AgentParts, stopping: AbortSignal): void {
  const { config, log, identity, http, contents, session, uploads, transfers, downloads, onChange } = parts;
  const { events } = session;
  let knowsIncomplete = false;

  const withdraw = (contentId: ContentId): void => {
    uploads.uploader.withdraw(contentId);
    downloads.fail(contentId, titleWithdrawn(contents.get(contentId)?.title.id ?? contentId));
    contents
      .remove(contentId)
      .catch((error: unknown) => log.error({ error: String(error) }, 'a withdrawn content stays'));
  };
  const checkWithdrawn = async (complete: boolean): Promise<void> => {
    await contents.ready();
    const { coordinatorUrl } = config;
    await findWithdrawn(
      { http, contents, coordinatorUrl, signal: stopping },
      ({ store }) => store.complete === complete,
      withdraw,
    );
  };
  const askPermit = (permitUrl: string): void => {
    const coordinator = session.coordinator?.id ?? '';
    fetchPermit(http, { permitUrl, agent: identity.key, coordinator, signal: stopping }).then(
      (permitToken) => session.send({ type: 'permit-token', permitToken }),
      (error: unknown) => log.info({ reason: String(error) }, 'the ISP gave no permit'),
    );
  };

  events.onWelcome = ({ permit, permitUrl }) => {
    downloads.news();
    if (permit === null && permitUrl !== undefined && config.permitToken === undefined) askPermit(permitUrl);
    // Complete contents are told of, and refused if they are withdrawn; nobody is told of the others.
    if (!knowsIncomplete) void checkWithdrawn(false).catch(() => undefined);
    knowsIncomplete = true;
    onChange();
  };
  events.onOffline = onChange;
  events.onRefused = (code) => {
    if (code === 'content-unknown') void checkWithdrawn(true).catch(() => undefined);
  };
  events.onPermit = () => uploads.tell();
  events.onSignal = (transferId, from, signal) => {
    if (!transfers.receiveSignal(transferId, from, signal))
      uploads.uploader.receiveSignal(transferId, from, signal);
  };
  events.onRevoke = (transferId, reason) => {
    transfers.revoke(transferId, reason);
    uploads.uploader.revoke(transferId, reason);
  };
  events.onLower = (transferId, rate) => uploads.uploader.lower(transferId, rate);
  events.onSwarmChanged = (contentId) => downloads.news(contentId);
  events.onWithdrawn = withdraw;
  const answer = createAuditAnswers({
    log,
    storeOf: (contentId) => contents.get(contentId)?.store,
    send: (auditId, digest) =>
      session.send({ type: 'audit-answer', auditId, ...(digest !== undefined && { digest }) }),
  });
  events.onAudit = (audit) => void answer(audit);
  events.onQuarantine = (quarantine) => {
    if (quarantine === null) log.info('the coordinator ended the quarantine of this agent');
    else log.warn({ ...quarantine }, 'the coordinator put this agent into quarantine: edges alone serve it');
    // Sources are others now.
    downloads.news();
    onChange();
  };
}
