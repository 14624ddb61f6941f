import type { PeerSource } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import { FairhopError, type Manifest } from '@fairhop/shared/model';
import { encodeFrame } from '@fairhop/shared/wire';
import { type CoordinatorIdentity, checkGrant } from './grant-check.js';
import { greetUploader } from './handshake.js';
import { createPeerSource, type PeerBlockSource, type PeerSourceDeps } from './peer-source.js';
import type { RtcNetworkConfig } from './rtc-connection.js';
import { createRtcLink } from './rtc-link.js';

/** Time to connect and greet: ICE gives up on its own after half a minute, the edge is there at once. */
const CONNECT_TIMEOUT_MS = 15_000;

export interface ConnectPeerConfig {
  /** What the coordinator told of the uploader, with the grant. */
  readonly peer: PeerSource;
  readonly manifest: Manifest;
  readonly identity: Identity;
  readonly coordinator: CoordinatorIdentity;
  readonly network: RtcNetworkConfig;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

export interface ConnectPeerDeps extends PeerSourceDeps {
  /** Sends a signal to the uploader through the coordinator. */
  readonly sendSignal: (signal: string) => void;
}

export interface PeerConnecting {
  /** Takes the uploader's signals for this transfer. */
  receiveSignal(signal: string): void;
  /**
   * The source, greeted and covered by its grant. Rejects with what `checkGrant`, `greetUploader` and the link throw, or
   * `grant-mismatch`.
   */
  readonly source: Promise<PeerBlockSource>;
}

/** Begins a transfer from a peer: makes the offer, greets, checks. */
export function connectPeer(config: ConnectPeerConfig, deps: ConnectPeerDeps): PeerConnecting {
  const { peer, manifest, identity, signal, timeoutMs = CONNECT_TIMEOUT_MS } = config;
  const link = createRtcLink({
    ...config.network,
    initiator: true,
    onSignal: deps.sendSignal,
    signal,
    timeoutMs,
  });
  const connect = async (): Promise<PeerBlockSource> => {
    try {
      const { coordinator } = config;
      const claims = await checkGrant({
        token: peer.grant,
        coordinator,
        uploader: peer.agent,
        nowMs: deps.nowMs(),
      });
      if (
        claims.jti !== peer.transferId ||
        claims.downloader !== identity.key ||
        claims.content !== manifest.contentId
      ) {
        throw new FairhopError(
          'grant-mismatch',
          `Grant ${claims.jti} for content ${claims.content} and downloader ${claims.downloader} is not for this transfer`,
        );
      }
      await link.opened;
      const handshake = await greetUploader({ link, identity, grant: peer.grant, claims, signal, timeoutMs });
      const { asn, isp, onNet, costClass } = peer;
      const network = { asn, isp, onNet, costClass };
      return createPeerSource({ link, handshake, identity, manifest, network }, deps);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (!link.isClosed) link.send(encodeFrame({ type: 'goodbye', reason: 'hello-refused', text }));
      link.close(text);
      throw error;
    }
  };
  return { receiveSignal: (text) => link.receiveSignal(text), source: connect() };
}
