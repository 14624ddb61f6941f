import type { PeerSource } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import {
  type AgentKey,
  createBoundedCache,
  FairhopError,
  type Manifest,
  type TransferId,
} from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import { connectPeer, type PeerBlockSource, type RtcNetworkConfig } from './peer/index.js';
import type { Ends } from './report/transfer-parts.js';
import type { TransferRecorder } from './report/transfer-recorder.js';
import type { Session } from './session/session.js';

/** Receipts of a transfer that has just ended may still come: pieces that other sources complete. */
const LATE_RECEIPTS_MS = 2000;
/** Transfers of the minutes that a grant lasts, and many more. */
const MAX_KNOWN_TRANSFERS = 10_000;

export interface PeerTransfersDependencies {
  readonly log: Logger;
  readonly identity: Identity;
  readonly session: Session;
  readonly recorder: TransferRecorder;
  readonly network: RtcNetworkConfig;
  readonly onUploadWithoutPermit: (transferId: TransferId, reason: string) => void;
}

/** Transfers from peers: connected through the coordinator, their receipts on disk as they are signed. */
export interface PeerTransfers {
  connect(peer: PeerSource, manifest: Manifest, signal: AbortSignal): Promise<PeerBlockSource>;
  /** True if the signal is for one of these transfers. */
  receiveSignal(transferId: TransferId, from: AgentKey, signal: string): boolean;
  revoke(transferId: TransferId, reason: string): void;
  running(): { transferId: TransferId; bytes: number; remoteAddress: string }[];
  /** Between which addresses they go, each as the other end sees it. */
  ways(): { transferId: TransferId; grant: string; uploaderAddress: string; downloaderAddress: string }[];
  stop(): void;
}

export function createPeerTransfers(deps: PeerTransfersDependencies): PeerTransfers {
  const { identity, session, recorder } = deps;
  const connecting = new Map<
    TransferId,
    { from: AgentKey; receiveSignal: (signal: string) => void; abort: AbortController }
  >();
  const sources = new Map<TransferId, { readonly source: PeerBlockSource; readonly grant: string }>();
  const known = createBoundedCache<TransferId, true>(MAX_KNOWN_TRANSFERS);
  const lateEnds = new Map<NodeJS.Timeout, () => void>();

  const release = (transferId: TransferId, reason: string): void => {
    session.send({ type: 'release', transferId, reason: reason.slice(0, 200) });
  };

  const record = (peer: PeerSource, source: PeerBlockSource) => {
    let ends: Ends = {
      uploaderAddress: source.uploaderAddress(),
      downloaderAddress: source.observedAddressOfMe,
    };
    const transfer = recorder.begin({
      transferId: peer.transferId,
      grant: peer.grant,
      startMs: session.nowMs(),
      ends: () => {
        if (sources.has(peer.transferId)) ends = { ...ends, uploaderAddress: source.uploaderAddress() };
        return ends;
      },
    });
    void source.closed.then((reason) => {
      sources.delete(peer.transferId);
      release(peer.transferId, reason);
      const end = (): void => {
        try {
          transfer.end();
        } catch (error) {
          deps.log.error({ error: String(error) }, 'the end of a transfer is reported with the next start');
        }
      };
      const timer = setTimeout(() => {
        lateEnds.delete(timer);
        end();
      }, LATE_RECEIPTS_MS);
      lateEnds.set(timer, end);
    });
    return transfer;
  };

  return {
    connect: async (peer, manifest, signal) => {
      const { coordinator } = session;
      if (!coordinator)
        throw new FairhopError('session-offline', 'There is no session with the coordinator yet');
      const { transferId } = peer;
      // Its receipts would tell its history a second time.
      if (known.get(transferId))
        throw new FairhopError('grant-used', `Transfer ${transferId} was made before`);
      const abort = new AbortController();
      let transfer: ReturnType<TransferRecorder['begin']> | undefined;
      const attempt = connectPeer(
        {
          peer,
          manifest,
          identity,
          coordinator,
          network: deps.network,
          signal: AbortSignal.any([signal, abort.signal]),
        },
        {
          nowMs: () => session.nowMs(),
          sendSignal: (text) => session.send({ type: 'signal', transferId, signal: text }),
          onReceipt: (receipt) => transfer?.receipt(receipt),
          onUploadWithoutPermit: (reason) => deps.onUploadWithoutPermit(transferId, reason),
        },
      );
      connecting.set(transferId, { from: peer.agent, receiveSignal: attempt.receiveSignal, abort });
      try {
        const source = await attempt.source;
        known.set(transferId, true);
        sources.set(transferId, { source, grant: peer.grant });
        transfer = record(peer, source);
        void source.closed.then(() => connecting.delete(transferId));
        return source;
      } catch (error) {
        connecting.delete(transferId);
        release(transferId, error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
    receiveSignal: (transferId, from, signal) => {
      const attempt = connecting.get(transferId);
      if (!attempt) return false;
      if (attempt.from === from) attempt.receiveSignal(signal);
      return true;
    },
    revoke: (transferId, reason) => {
      const running = sources.get(transferId);
      if (running) running.source.close(reason);
      else connecting.get(transferId)?.abort.abort();
    },
    running: () =>
      [...sources].map(([transferId, { source }]) => ({
        transferId,
        bytes: source.receivedBytes,
        remoteAddress: source.uploaderAddress(),
      })),
    ways: () =>
      [...sources].map(([transferId, { source, grant }]) => ({
        transferId,
        grant,
        uploaderAddress: source.uploaderAddress(),
        downloaderAddress: source.observedAddressOfMe,
      })),
    stop: () => {
      for (const { abort } of connecting.values()) abort.abort();
      for (const { source } of [...sources.values()]) source.close('this agent stops');
      for (const [timer, end] of lateEnds) {
        clearTimeout(timer);
        end();
      }
      lateEnds.clear();
    },
  };
}
