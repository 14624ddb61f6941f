import type { createUploadWindow as create } from '@fairhop/client-agent/testing';

export const windowBytesOf = (): number => Number.MAX_SAFE_INTEGER;

/** Always open. */
export function createUploadWindow(): ReturnType<typeof create> {
  let sentBytes = 0;
  return {
    get sentBytes() {
      return sentBytes;
    },
    acknowledgedBytes: 0,
    roomBytes: windowBytesOf(),
    sent(bytes) {
      sentBytes += bytes;
    },
    acknowledge: () => true,
    writeOff: () => undefined,
  };
}
