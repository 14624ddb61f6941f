import { FairhopError } from '../model/index.js';

export type FrameErrorCode =
  | 'frame-empty'
  | 'frame-unknown-type'
  | 'frame-truncated'
  | 'frame-oversized'
  | 'frame-invalid';

/** A message that is no frame of this protocol. It ends the channel, never the process. */
export class FrameError extends FairhopError {
  declare readonly code: FrameErrorCode;

  constructor(code: FrameErrorCode, message: string, options?: { cause?: unknown }) {
    super(code, message, options);
  }
}
