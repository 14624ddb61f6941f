export { createPowerReader, UNKNOWN_POWER } from './power.js';
export { decideUpload, type UploadDecision } from './upload-policy.js';
export { createUploader } from './uploader.js';
export type { Uploader, UploadStatus, UploadWay } from './uploader-types.js';
