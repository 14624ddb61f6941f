/** Buffers kept for reuse: as many as a fast download has under way at a time. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

/** Buffers of one length, reused, so that a fast download makes no garbage outside of the heap. */
export interface BufferPool {
  take(): Buffer;
  give(buffer: Buffer): void;
}

export function createBufferPool(lengthBytes: number): BufferPool {
  const free: Buffer[] = [];
  const maxFree = Math.max(1, Math.floor(MAX_KEPT_BYTES / lengthBytes));
  return {
    // Not from Node's shared slab, which a kept view would pin.
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(lengthBytes),
    give: (buffer) => {
      if (buffer.length === lengthBytes && free.length < maxFree) free.push(buffer);
    },
  };
}
