import { FairhopError, type FairhopErrorOptions } from '@fairhop/shared/model';

/** Bytes of an origin from `offset` on. `offset` is not past what was asked for, and may be before it. */
export interface OriginStream {
  readonly offset: number;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Both ends of the connection; absent where no network carries the bytes. */
  readonly connection?: { readonly originAddress: string; readonly edgeAddress: string };
  close(): void;
}

/** The origin of one fill. */
export interface Origin {
  /**
   * Bytes [fromByte, toByte), or more than that where the origin cannot cut. Throws an origin error (see `originError`);
   * so do the chunks.
   */
  open(range: { fromByte: number; toByte: number }, signal: AbortSignal): Promise<OriginStream>;
  close(): Promise<void>;
}

/** Codes of origins' failures; those of `temporary` may pass when asked again. */
export type OriginErrorCode =
  | 'origin-unavailable'
  | 'origin-time-out'
  | 'origin-truncated'
  | 'origin-not-found'
  | 'origin-refused'
  | 'origin-wrong-size'
  | 'origin-wrong-bytes'
  | 'origin-not-permitted'
  | 'origin-not-configured';

const temporaryCodes: readonly string[] = ['origin-unavailable', 'origin-time-out', 'origin-truncated'];

export const isTemporary = (error: unknown): boolean =>
  error instanceof FairhopError && temporaryCodes.includes(error.code);

/** An origin's failure as the gateway's that the edge is: 504 for time-outs, else 502 (RFC 9110 §15.6). */
export const originError = (
  code: OriginErrorCode,
  message: string,
  options: Pick<FairhopErrorOptions, 'cause'> = {},
): FairhopError =>
  new FairhopError(code, message, { status: code === 'origin-time-out' ? 504 : 502, ...options });
