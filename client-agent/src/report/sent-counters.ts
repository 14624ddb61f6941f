import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import type { TransferId } from '@fairhop/shared/model';

/** Transfer id 16, payload bytes 8 as a double, which holds every count up to 2^53 exactly. */
const RECORD_BYTES = 24;
const COUNT_OFFSET = 16;
/** What an agent has upload slots for, many times over. */
const MAX_RECORDS = 4096;

/** How much of one transfer has been sent. */
interface SentCounter {
  /** Outlives the process when this returns. A call takes about a microsecond: it is made before each message. */
  note(sentBytes: number): void;
  /** Its place is free for another transfer. */
  release(): void;
}

/** Counters that survive kill -9 (not a power cut): writes of some bytes in place, which the page cache has at once. */
export interface SentCounters {
  /** What processes before noted, of transfers whose place no other one took. */
  readonly before: ReadonlyMap<TransferId, number>;
  claim(transferId: TransferId): SentCounter;
  close(): void;
}

export function openSentCounters(file: string): SentCounters {
  const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  const before = readRecords(descriptor);
  const count = Buffer.alloc(8);
  const freeSlots: number[] = [];
  let slots = 0;
  return {
    before,
    claim(transferId) {
      const slot = freeSlots.pop() ?? slots++;
      const start = slot * RECORD_BYTES;
      const record = Buffer.alloc(RECORD_BYTES);
      record.write(transferId.replaceAll('-', ''), 0, 'hex');
      writeSync(descriptor, record, 0, RECORD_BYTES, start);
      return {
        note(sentBytes) {
          count.writeDoubleBE(sentBytes);
          writeSync(descriptor, count, 0, count.length, start + COUNT_OFFSET);
        },
        release: () => freeSlots.push(slot),
      };
    },
    close: () => closeSync(descriptor),
  };
}

function readRecords(descriptor: number): Map<TransferId, number> {
  const bytes = Buffer.alloc(MAX_RECORDS * RECORD_BYTES);
  const length = readSync(descriptor, bytes, 0, bytes.length, 0);
  const counts = new Map<TransferId, number>();
  for (let start = 0; start + RECORD_BYTES <= length; start += RECORD_BYTES) {
    const transferId = bytes
      .toString('hex', start, start + COUNT_OFFSET)
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    counts.set(transferId, bytes.readDoubleBE(start + COUNT_OFFSET));
  }
  return counts;
}
