import { NetError, type NetErrorCode } from '../net-error.js';

export type MrtErrorCode = Extract<NetErrorCode, `mrt-${string}`>;

/**
 * A dump that cannot be used: `mrt-unreadable` the file system says no, `mrt-truncated` it ends too early (a writer may still be
 * at work), `mrt-malformed` its bytes contradict the format, `mrt-too-large` it goes over a bound.
 */
export class MrtError extends NetError {
  override readonly name = 'MrtError';

  constructor(
    override readonly code: MrtErrorCode,
    message: string,
    /** Where in the decompressed bytes. */
    readonly offsetBytes: number,
    options?: ErrorOptions,
  ) {
    super(code, `${message} (at byte ${offsetBytes})`, options);
  }
}
