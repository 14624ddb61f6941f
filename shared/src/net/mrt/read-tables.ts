import { setImmediate as nextTurn } from 'node:timers/promises';
import { defaultFileBytesLimits, type FileBytesLimits, readFileBytes } from './file-bytes.js';
import { createRecordSplitter } from './record-splitter.js';
import { createTableDumpReader, type TableVisitor } from './table-dump.js';

/** So long other work of the process waits at most. */
const sliceMs = 20;
/** Some tenths of a millisecond's work: the clock is asked no more often. */
const recordsPerCheck = 256;

export interface ReadTablesOptions {
  readonly limits?: FileBytesLimits;
  readonly signal?: AbortSignal | undefined;
}

/** Reads tables in memory. Throws MrtError, and what the visitor throws. Returns how many records were stepped over. */
export function readTables(bytes: Uint8Array, visitor: TableVisitor): number {
  const splitter = createRecordSplitter();
  const reader = createTableDumpReader(visitor);
  splitter.append(bytes);
  for (let record = splitter.next(); record; record = splitter.next()) reader.read(record);
  splitter.end();
  return reader.skippedRecords;
}

/**
 * Reads the tables of an MRT file (RFC 6396 TABLE_DUMP_V2, RFC 8050), plain, gzip or bzip2, in slices, so that other work of the
 * process goes on. Yields after each slice, so that the caller may take what the visitor has by then.
 * Throws MrtError, AbortError, and what the visitor throws. Returns how many records were stepped over.
 */
export async function* readTablesOfFile(
  path: string,
  visitor: TableVisitor,
  { limits = defaultFileBytesLimits, signal }: ReadTablesOptions = {},
): AsyncGenerator<void, number> {
  const splitter = createRecordSplitter();
  const reader = createTableDumpReader(visitor);
  const slices = createSlices();
  for await (const chunk of readFileBytes(path, limits, signal)) {
    splitter.append(chunk);
    let records = 0;
    for (let record = splitter.next(); record; record = splitter.next()) {
      reader.read(record);
      records += 1;
      if (records % recordsPerCheck === 0) await slices.pause(signal);
    }
    yield;
    await slices.pause(signal);
  }
  splitter.end();
  return reader.skippedRecords;
}

export interface Slices {
  /** Lets other work go first when this slice has taken its time. */
  pause(signal?: AbortSignal): Promise<void>;
}

export function createSlices(): Slices {
  let startMs = performance.now();
  return {
    async pause(signal) {
      if (performance.now() - startMs < sliceMs) return;
      await nextTurn(undefined, { signal });
      startMs = performance.now();
    },
  };
}
