export { createPowerReader, type PowerState, UNKNOWN_POWER } from './power.js';
export {
  decideUpload,
  type UploadDecision,
  type UploadSettings,
  type UploadSituation,
} from './upload-policy.js';
export { createUploader } from './uploader.js';
export type { Uploader, UploaderConfig, UploaderDeps, UploadStatus } from './uploader-types.js';
