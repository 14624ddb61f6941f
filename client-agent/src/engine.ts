// The parts of an agent that move payload, without a coordinator around them.

export { createDownload } from './download/download.js';
export { systemTimers } from './download/timers.js';
export { connectPeer, type PeerConnecting } from './peer/index.js';
export { type Outbox, openOutbox } from './report/outbox.js';
export { createTransferRecorder } from './report/transfer-recorder.js';
export { createUploadRecorder } from './report/upload-recorder.js';
export { openFilePieceStore } from './storage/file-piece-store.js';
export { createUploader } from './upload/index.js';
export type { UploaderDeps } from './upload/uploader-types.js';
export { createUploadVolume } from './upload-volume.js';
