import type { ReceiptWriter } from '@fairhop/client-agent/testing';

/** Signs, keeps and sends nothing. */
export function createReceiptWriter(): ReceiptWriter {
  let acknowledgedBytes = 0;
  return {
    noteData: () => undefined,
    acknowledge(verifiedBytes) {
      acknowledgedBytes += verifiedBytes;
    },
    sign: () => undefined,
    flush: () => undefined,
    end: () => undefined,
    get acknowledgedBytes() {
      return acknowledgedBytes;
    },
  };
}
