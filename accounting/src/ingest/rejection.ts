import { FairhopError } from '@fairhop/shared/model';

/** A message refused for what it says: it is answered and listed with this code, and the batch goes on. */
export const rejection = (code: string, message: string, cause?: unknown): FairhopError =>
  new FairhopError(code, message, { status: 422, cause });

/** Whether an error is the message's fault; anything else (keys that cannot be fetched) is ours and may pass. */
export const isRejection = (error: unknown): error is FairhopError =>
  error instanceof FairhopError && error.status !== undefined && error.status < 500;
