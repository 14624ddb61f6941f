export {
  type ConnectPeerDeps,
  connectPeer,
  type PeerConnecting,
} from './connect-peer.js';
export type { PeerBlockSource } from './peer-source.js';
export type { SignedReceipt } from './receipt-writer.js';
export type { RtcNetworkConfig } from './rtc-connection.js';
export { cleanupRtc } from './rtc-link.js';
