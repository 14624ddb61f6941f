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
  /** Called once the channel's native handlers may be taken over, and again if the other side opens another. */
  onChannel(channel: DataChannel): void;
  connection?: PeerConnection;
}

/** The `wrtc` of simple-peer for one connection, with node-datachannel underneath. */
export function createWrtc({ bindAddress, iceServers }: RtcNetworkConfig, tap: RtcTap): NonNullable<SimplePeer.Options['wrtc']> {
  class Connection extends PolyfillConnection {
    readonly #channels: DataChannel[];

    constructor() {
      const native = new PeerConnection('', {
        iceServers: [...iceServers],
        maxMessageSize: MAX_FRAME_BYTES,
        ...(bindAddress !== undefined && { bindAddress }),
      });
      const channels: DataChannel[] = [];
      const { createDataChannel, onDataChannel } = native;
      // The native methods are read-only properties of the prototype; own ones go before them.
      Object.defineProperties(native, {
        createDataChannel: {
          value: (...parameters: Parameters<PeerConnection['createDataChannel']>): DataChannel => {
            const channel = createDataChannel.apply(native, parameters);
            channels.push(channel);
            return channel;
          },
        },
        onDataChannel: {
          value: (callback: (channel: DataChannel) => void): void => {
            onDataChannel.call(native, (channel) => {
              callback(channel);
              tap.onChannel(channel);
            });
          },
        },
      });
      super({ peerConnection: native });
      this.#channels = channels;
      tap.connection = native;
      // The polyfill rejects its answer on a broken candidate even where nobody waits for one.
      super.createAnswer().catch(() => undefined);
      super.createOffer().catch(() => undefined);
    }

    override createDataChannel(...parameters: Parameters<PolyfillConnection['createDataChannel']>) {
      const channel = super.createDataChannel(...parameters);
      tap.onChannel(this.#channels.at(-1)!);
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
  const found = new Set([...sdp.matchAll(/^a=fingerprint:(sha-256 [0-9A-Fa-f:]{95})\s*$/gim)].map((match) => match[1]!));
  return found.size === 1 ? [...found][0] : undefined;
}

export const addressOf = ({ address }: SelectedCandidateInfo): string => address.replace(/%.*$/, '');
