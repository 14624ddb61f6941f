// Both ends of a channel between agents, for tests that play the other end.

export { checkGrant } from './peer/grant-check.js';
export { greetDownloader, greetUploader, type Handshake } from './peer/handshake.js';
export { createPeerSource, type PeerBlockSource } from './peer/peer-source.js';
export { permitFault } from './peer/permit-check.js';
export { createReceiptWriter, type ReceiptWriter } from './peer/receipt-writer.js';
export { cleanupRtc, createRtcLink, type RtcLink } from './peer/rtc-link.js';
export { type Outbox, openOutbox } from './report/outbox.js';
export { createTransferRecorder, type TransferRecorder } from './report/transfer-recorder.js';
export { createUploadRecorder, type UploadRecorder } from './report/upload-recorder.js';
export type { PieceStore } from './storage/piece-store.js';
export { createUploadTransfer } from './upload/upload-transfer.js';
export { createUploadWindow, windowBytesOf } from './upload/upload-window.js';
