export {
  type ConnectPeerConfig,
  type ConnectPeerDeps,
  connectPeer,
  type PeerConnecting,
} from './connect-peer.js';
export type { CoordinatorIdentity } from './grant-check.js';
export type { PeerBlockSource } from './peer-source.js';
export type { RtcNetworkConfig } from './rtc-connection.js';
export { cleanupRtc } from './rtc-link.js';
