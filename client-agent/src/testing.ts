// Both ends of a channel between agents, for tests that play the other end.

export { greetDownloader, greetUploader, type Handshake } from './peer/handshake.js';
export { createPeerSource, type PeerBlockSource } from './peer/peer-source.js';
export type { ReceiptWriter } from './peer/receipt-writer.js';
export type { RtcLink } from './peer/rtc-link.js';
export type { PieceStore } from './storage/piece-store.js';
export { createUploadTransfer } from './upload/upload-transfer.js';
export { createUploadWindow } from './upload/upload-window.js';
