import {
  type AgentKey,
  createBoundedCache,
  FairhopError,
  type GrantClaims,
  type TransferId,
} from '@fairhop/shared/model';
import { encodeFrame, FrameError, type GoodbyeReason } from '@fairhop/shared/wire';
import { checkGrant } from '../peer/grant-check.js';
import { greetDownloader, type Handshake } from '../peer/handshake.js';
import { isWithin } from '../peer/permit-check.js';
import { createRtcLink, isOffer, type RtcLink } from '../peer/rtc-link.js';
import type { RecordedUpload } from '../report/upload-recorder.js';
import type { PieceStore } from '../storage/piece-store.js';
import { createUploadScheduler, systemSchedulerDeps } from './upload-scheduler.js';
import { createUploadTransfer, type UploadTransfer } from './upload-transfer.js';
import type { Uploader, UploaderConfig, UploaderDeps } from './uploader-types.js';

const CONNECT_TIMEOUT_MS = 15_000;
/** Conditions are checked this often: a permit that is gone stops an upload well within five seconds. */
const CHECK_INTERVAL_MS = 1_000;
/** A running transfer is stated this often: accounting books no more of it than both ends signed. */
const STATEMENT_INTERVAL_MS = 10_000;

/** Of transfers that run or are about to, at most as many as there are slots, and of some that ended. */
const MAX_RATES = 1_024;

interface Upload {
  readonly transferId: TransferId;
  readonly downloader: AgentKey;
  readonly link: RtcLink;
  /** Aborted once the link is closed: whatever else still waits for this upload ends. */
  readonly ended: AbortController;
  serving?: {
    readonly transfer: UploadTransfer;
    readonly handshake: Handshake;
    readonly grant: string;
    readonly recorded: RecordedUpload;
  };
}

export function createUploader(config: UploaderConfig, deps: UploaderDeps): Uploader {
  const uploads = new Map<TransferId, Upload>();
  /** Rates that the coordinator told in place of the grants' own. */
  const rates = createBoundedCache<TransferId, number>(MAX_RATES);
  const scheduler = createUploadScheduler(config.rateBitsPerSecond, systemSchedulerDeps);
  let paused = false;
  let running = false;
  let checkTimer: NodeJS.Timeout | undefined;
  let statementTimer: NodeJS.Timeout | undefined;

  const state = ({ serving, transferId }: Upload, isOver = false): void => {
    try {
      if (isOver) serving?.recorded.end();
      else serving?.recorded.state();
    } catch (error) {
      // The next one tells it too, at the latest that of the next start.
      deps.onStatementLost(transferId, error);
    }
  };

  const end = (upload: Upload, reason: GoodbyeReason, text: string): void => {
    upload.serving?.transfer.end(reason, text);
    if (upload.serving === undefined) {
      if (!upload.link.isClosed) upload.link.send(encodeFrame({ type: 'goodbye', reason, text }));
      upload.link.close(text);
    }
  };

  const refuse = (code: string, goodbye: GoodbyeReason, text: string): FairhopError =>
    new FairhopError(code, text, { details: { goodbye } });

  /** Claims of a grant that this agent serves now. */
  const accept = async (token: string): Promise<{ claims: GrantClaims; store: PieceStore }> => {
    const coordinator = deps.coordinator();
    if (coordinator === undefined)
      throw refuse('no-coordinator', 'no-grant', 'This agent has no coordinator yet');
    const claims = await checkGrant({
      token,
      coordinator,
      uploader: config.identity.key,
      nowMs: deps.nowMs(),
    });
    if (deps.recorder.isUsed(claims.jti.toLowerCase()))
      throw refuse('grant-used', 'no-grant', `Grant ${claims.jti} was used before`);
    const decision = deps.decision();
    if (!decision.ready) throw refuse('not-ready', decision.goodbye, decision.reasons.join(' '));
    if (claims.permit.id !== deps.permitId()) {
      throw refuse(
        'permit-mismatch',
        'no-permit',
        `Permit ${claims.permit.id} of the grant is not the one in force`,
      );
    }
    const store = deps.storeOf(claims.content);
    if (store === undefined)
      throw refuse('content-not-held', 'failed', `Content ${claims.content} is not held`);
    return { claims, store };
  };

  const serve = async (upload: Upload): Promise<void> => {
    const { link, transferId, downloader } = upload;
    await link.opened;
    const permitId = deps.permitId();
    if (permitId === undefined) throw refuse('no-permit', 'no-permit', 'No permit is in force');
    let accepted: { token: string; claims: GrantClaims; store: PieceStore } | undefined;
    const handshake = await greetDownloader({
      link,
      identity: config.identity,
      signal: upload.ended.signal,
      timeoutMs: CONNECT_TIMEOUT_MS,
      transferId,
      downloader,
      permitId,
      async checkGrant(token) {
        accepted = { token, ...(await accept(token)) };
        return accepted.claims;
      },
    });
    const { claims, store, token } = accepted!;
    if (!claims.permit.networks.some((network) => isWithin(handshake.observedAddressOfMe, network))) {
      const text = `This agent is seen at ${handshake.observedAddressOfMe}, outside of permit ${claims.permit.id}`;
      throw refuse('outside-permit', 'no-permit', text);
    }
    const recorded = deps.recorder.begin({
      grant: token,
      claims,
      downloaderAddress: () => link.remoteAddress(),
    });
    const transfer = createUploadTransfer(
      { link, handshake, store },
      {
        nowMs: deps.nowMs,
        monotonicMs: () => performance.now(),
        wake: scheduler.wake,
        refusal: () => (paused ? 'busy' : undefined),
        beforeSend: recorded.noteSent,
        onSent: deps.onSent,
        onReceipt: recorded.noteReceipt,
      },
    );
    const rate = rates.get(transferId);
    if (rate !== undefined) transfer.lower(rate);
    upload.serving = { transfer, handshake, grant: token, recorded };
    scheduler.add(transfer);
  };

  const begin = (transferId: TransferId, downloader: AgentKey, offer: string): void => {
    const ended = new AbortController();
    const link = createRtcLink({
      ...config.network,
      initiator: false,
      onSignal: (signal) => deps.sendSignal(transferId, signal),
      signal: ended.signal,
      timeoutMs: CONNECT_TIMEOUT_MS,
    });
    const upload: Upload = { transferId, downloader, link, ended };
    uploads.set(transferId, upload);
    link.receiveSignal(offer);
    serve(upload).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      if (!link.isClosed) link.send(encodeFrame({ type: 'goodbye', reason: goodbyeOf(error), text }));
      link.close(text);
    });
    void link.closed.then((reason) => {
      ended.abort();
      const { serving } = upload;
      if (serving !== undefined) {
        scheduler.remove(serving.transfer);
        serving.transfer.end('failed', reason);
      }
      state(upload, true);
      uploads.delete(transferId);
      deps.onEnded(transferId, reason);
    });
  };

  const check = (): void => {
    const decision = deps.decision();
    for (const upload of uploads.values()) {
      if (!decision.ready) end(upload, decision.goodbye, decision.reasons.join(' '));
      // While all is held nothing moves, which is nobody's fault.
      else if (!paused) upload.serving?.transfer.check();
    }
    // A timer may have come late while the rate allowed more.
    scheduler.wake();
  };

  return {
    start() {
      running = true;
      checkTimer = setInterval(check, CHECK_INTERVAL_MS);
      statementTimer = setInterval(() => {
        for (const upload of uploads.values()) state(upload);
      }, STATEMENT_INTERVAL_MS);
    },
    async stop() {
      running = false;
      clearInterval(checkTimer);
      clearInterval(statementTimer);
      scheduler.stop();
      const ending = [...uploads.values()];
      for (const upload of ending) end(upload, 'stopping', 'this agent stops');
      await Promise.all(ending.map(({ link }) => link.closed));
    },
    receiveSignal(transferId, from, signal) {
      const known = uploads.get(transferId);
      if (known !== undefined) {
        if (known.downloader === from) known.link.receiveSignal(signal);
        return;
      }
      if (!running || !isOffer(signal) || deps.recorder.isUsed(transferId.toLowerCase())) return;
      if (uploads.size >= config.slots)
        return deps.onEnded(transferId, `all ${config.slots} upload slots are taken`);
      const decision = deps.decision();
      if (!decision.ready) return deps.onEnded(transferId, decision.reasons.join(' '));
      begin(transferId, from, signal);
    },
    revoke(transferId, reason) {
      const upload = uploads.get(transferId);
      if (upload !== undefined) end(upload, 'revoked', reason);
    },
    lower(transferId, rateBitsPerSecond) {
      rates.set(transferId, rateBitsPerSecond);
      uploads.get(transferId)?.serving?.transfer.lower(rateBitsPerSecond);
      scheduler.wake();
    },
    withdraw(contentId) {
      for (const upload of uploads.values()) {
        if (upload.serving?.handshake.claims.content === contentId)
          end(upload, 'withdrawn', 'the content is withdrawn');
      }
    },
    announce(contentId, pieces) {
      for (const { serving } of uploads.values()) {
        if (serving?.handshake.claims.content === contentId) serving.transfer.announce(pieces);
      }
    },
    setRate: scheduler.setRate,
    pause() {
      paused = true;
      scheduler.pause();
      // Whoever asked can ask others at once.
      for (const { serving } of uploads.values()) serving?.transfer.rejectAll('busy');
    },
    resume() {
      paused = false;
      scheduler.resume();
    },
    get freeSlots() {
      return Math.max(0, config.slots - uploads.size);
    },
    status() {
      return [...uploads.values()].flatMap(({ transferId, downloader, link, serving }) => {
        if (serving === undefined) return [];
        const { transfer, handshake } = serving;
        return {
          transferId,
          contentId: handshake.claims.content,
          downloader,
          downloaderAddress: link.remoteAddress(),
          sentBytes: transfer.sentBytes,
          acknowledgedBytes: transfer.acknowledgedBytes,
          rateBitsPerSecond: transfer.rateBitsPerSecond(),
        };
      });
    },
    ways() {
      return [...uploads.values()].flatMap(({ transferId, link, serving }) => {
        if (serving === undefined) return [];
        const { grant, handshake } = serving;
        const uploaderAddress = handshake.observedAddressOfMe;
        return { transferId, grant, uploaderAddress, downloaderAddress: link.remoteAddress() };
      });
    },
  };
}

function goodbyeOf(error: unknown): GoodbyeReason {
  if (error instanceof FrameError) return 'protocol-error';
  if (!(error instanceof FairhopError)) return 'failed';
  const told = error.details?.['goodbye'];
  if (typeof told === 'string') return told as GoodbyeReason;
  if (error.code === 'token-expired') return 'expired';
  if (error.code.startsWith('token-') || error.code.startsWith('grant-')) return 'no-grant';
  return error.code.startsWith('hello-') ? 'hello-refused' : 'failed';
}
