import { MrtError } from './mrt-error.js';

/** One MRT record (RFC 6396 section 2). The body is valid until the splitter is used again. */
export interface MrtRecord {
  readonly timeMs: number;
  readonly type: number;
  readonly subtype: number;
  readonly body: Uint8Array;
  /** Where the body begins in the decompressed bytes. */
  readonly offsetBytes: number;
}

export interface RecordSplitter {
  append(chunk: Uint8Array): void;
  /** The next whole record; undefined when more bytes are needed. Throws `mrt-too-large`. */
  next(): MrtRecord | undefined;
  /** Throws `mrt-truncated` when bytes of an unfinished record are left. */
  end(): void;
}

const headerBytes = 12;

/** A prefix with 2,000 peers, each with 2,000 bytes of attributes; the largest records of public collectors have some 100 KB. */
const maximumRecordBytes = 4 * 1024 * 1024;

export function createRecordSplitter(): RecordSplitter {
  let buffer = new Uint8Array(0);
  let view = new DataView(buffer.buffer);
  let start = 0;
  let end = 0;
  /** Of the byte at `start`. */
  let offsetBytes = 0;
  return {
    append(chunk) {
      if (end + chunk.length > buffer.length) {
        const kept = buffer.subarray(start, end);
        const needed = kept.length + chunk.length;
        // Twice what is kept, so that a long record in many small chunks is not copied for each of them.
        const target =
          needed > buffer.length ? new Uint8Array(Math.max(needed, 2 * buffer.length, 4096)) : buffer;
        target.set(kept);
        buffer = target;
        view = new DataView(buffer.buffer);
        end -= start;
        start = 0;
      }
      buffer.set(chunk, end);
      end += chunk.length;
    },
    next() {
      if (end - start < headerBytes) return undefined;
      const length = view.getUint32(start + 8);
      if (length > maximumRecordBytes) {
        const message = `MRT record of ${length} bytes; at most ${maximumRecordBytes} are read`;
        throw new MrtError('mrt-too-large', message, offsetBytes);
      }
      const bodyStart = start + headerBytes;
      if (end - bodyStart < length) return undefined;
      const record = {
        timeMs: view.getUint32(start) * 1000,
        type: view.getUint16(start + 4),
        subtype: view.getUint16(start + 6),
        body: buffer.subarray(bodyStart, bodyStart + length),
        offsetBytes: offsetBytes + headerBytes,
      };
      start = bodyStart + length;
      offsetBytes += headerBytes + length;
      return record;
    },
    end() {
      if (start === end) return;
      const message = `MRT ends inside a record: ${end - start} bytes of it are there`;
      throw new MrtError('mrt-truncated', message, offsetBytes);
    },
  };
}
