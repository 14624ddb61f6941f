import { MAX_FRAME_BYTES } from '@fairhop/shared/wire';
import { type DataChannel, PeerConnection, type SelectedCandidateInfo } from 'node-datachannel';
import {
  RTCPeerConnection as PolyfillConnection,
  RTCIceCandidate,
  RTCSessionDescription,
} from 'node-datachannel/polyfill';
import type SimplePeer from 'simple-peer';

/** Where ICE binds and which STUN servers tell our mapped address; `stun:host:port` each. */
export interface RtcNetworkConfig {
  readonly bindAddress?: string;
  readonly iceServers: readonly string[];
}

/** The native objects under simple-peer's one connection: their events carry the payload without a stream or an Event. */
export interface RtcTap {
  /**
   * Called with the channel, and again if the other side opens another. `listen` takes the messages instead of
   * simple-peer, from the first one on.
   */
  onChannel(channel: DataChannel, listen: DataChannel['onMessage']): void;
  connection?: PeerConnection;
}

/** The `wrtc` of simple-peer for one connection, with node-datachannel underneath. */
export function createWrtc(
  { bindAddress, iceServers }: RtcNetworkConfig,
  tap: RtcTap,
): NonNullable<SimplePeer.Options['wrtc']> {
  class Connection extends PolyfillConnection {
    readonly #announce: () => void;

    constructor() {
      const native = new PeerConnection('', {
        iceServers: [...iceServers],
        maxMessageSize: MAX_FRAME_BYTES,
        ...(bindAddress !== undefined && { bindAddress }),
      });
      let announce = (): void => undefined;
      const deafen = (channel: DataChannel): void => {
        const { onMessage } = channel;
        Object.defineProperty(channel, 'onMessage', { value: () => undefined });
        announce = () => tap.onChannel(channel, (callback) => onMessage.call(channel, callback));
      };
      const { createDataChannel, onDataChannel } = native;
      // The native methods are read-only properties of the prototype; own ones go before them.
      Object.defineProperties(native, {
        createDataChannel: {
          value: (...parameters: Parameters<PeerConnection['createDataChannel']>): DataChannel => {
            const channel = createDataChannel.apply(native, parameters);
            deafen(channel);
            return channel;
          },
        },
        onDataChannel: {
          value: (callback: (channel: DataChannel) => void): void => {
            onDataChannel.call(native, (channel) => {
              deafen(channel);
              callback(channel);
              announce();
            });
          },
        },
      });
      super({ peerConnection: native });
      this.#announce = () => announce();
      tap.connection = native;
      // The polyfill rejects its answer on a broken candidate even where nobody waits for one.
      super.createAnswer().catch(() => undefined);
      super.createOffer().catch(() => undefined);
    }

    override createDataChannel(...parameters: Parameters<PolyfillConnection['createDataChannel']>) {
      const channel = super.createDataChannel(...parameters);
      this.#announce();
      return channel;
    }

    // simple-peer assigns to `sdp`, which the polyfill's description refuses.
    override async createOffer() {
      const { type, sdp } = await super.createOffer();
      return { type, sdp };
    }

    override async createAnswer() {
      const { type, sdp } = await super.createAnswer();
      return { type, sdp };
    }
  }
  const wrtc: unknown = { RTCPeerConnection: Connection, RTCSessionDescription, RTCIceCandidate };
  return wrtc as NonNullable<SimplePeer.Options['wrtc']>;
}

/** `sha-256 AB:CD…` of a session description; undefined unless it has exactly one (RFC 8122 allows several). */
export function fingerprintOf(sdp: string): string | undefined {
  const found = new Set(
    [...sdp.matchAll(/^a=fingerprint:(sha-256 [0-9A-Fa-f:]{95})\s*$/gim)].map((match) => match[1]!),
  );
  return found.size === 1 ? [...found][0] : undefined;
}

export const addressOf = ({ address }: SelectedCandidateInfo): string => address.replace(/%.*$/, '');
