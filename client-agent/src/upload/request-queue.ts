import type { RequestFrame } from '@fairhop/shared/wire';

/** Four times what a downloader of this software asks at a time. */
const MAX_QUEUED_REQUESTS = 256;
/** Requests that were answered lately: a cancel of one that is older forgives nothing. */
const MAX_ANSWERED = 1024;
/** Requests whose bytes are read ahead: one goes out while the next is read, 2 MiB in all. */
const READ_AHEAD_REQUESTS = 2;

interface Entry extends RequestFrame {
  sentBytes: number;
  bytes: Uint8Array | undefined;
  reading: boolean;
}

/** A request whose bytes are in memory. */
export interface ReadyRequest {
  readonly requestId: number;
  readonly piece: number;
  /** Where in the piece the next bytes are. */
  readonly nextOffset: number;
  /** The bytes that are not sent yet. */
  readonly unsent: Uint8Array;
}

/** Requests of one downloader, answered in the order in which they came. */
export interface RequestQueue {
  /** False if the queue is full or the id is in it already. */
  add(request: RequestFrame): boolean;
  /** The first request, once read. */
  head(): ReadyRequest | undefined;
  /** Bytes of the head were sent. */
  sent(bytes: number): void;
  /** Forgets a request; returns how many of its bytes were sent. */
  cancel(requestId: number): number;
  readonly queuedBytes: number;
  /** Unanswered requests. */
  readonly size: number;
}

export interface RequestQueueDeps {
  read(piece: number, offset: number, lengthBytes: number): Promise<Uint8Array>;
  onReady(): void;
  onReadFailed(requestId: number, error: unknown): void;
}

export function createRequestQueue(deps: RequestQueueDeps): RequestQueue {
  const entries: Entry[] = [];
  const answered = new Map<number, number>();
  let queuedBytes = 0;

  const remove = (entry: Entry): void => {
    const index = entries.indexOf(entry);
    if (index === -1) return;
    entries.splice(index, 1);
    queuedBytes -= entry.length - entry.sentBytes;
    answered.set(entry.requestId, entry.sentBytes);
    if (answered.size > MAX_ANSWERED) answered.delete(answered.keys().next().value!);
    readAhead();
  };

  const read = async (entry: Entry): Promise<void> => {
    entry.reading = true;
    try {
      const bytes = await deps.read(entry.piece, entry.offset, entry.length);
      if (bytes.length !== entry.length)
        throw new RangeError(`read ${bytes.length} bytes of ${entry.length}`);
      entry.bytes = bytes;
      if (entries[0] === entry) deps.onReady();
    } catch (error) {
      if (!entries.includes(entry)) return;
      remove(entry);
      deps.onReadFailed(entry.requestId, error);
    }
  };

  const readAhead = (): void => {
    for (let index = 0; index < READ_AHEAD_REQUESTS && index < entries.length; index++) {
      if (!entries[index]!.reading) void read(entries[index]!);
    }
  };

  return {
    add(request) {
      if (entries.length >= MAX_QUEUED_REQUESTS) return false;
      if (entries.some(({ requestId }) => requestId === request.requestId)) return false;
      entries.push({ ...request, sentBytes: 0, bytes: undefined, reading: false });
      queuedBytes += request.length;
      readAhead();
      return true;
    },
    head() {
      const entry = entries[0];
      if (entry?.bytes === undefined) return undefined;
      return {
        requestId: entry.requestId,
        piece: entry.piece,
        nextOffset: entry.offset + entry.sentBytes,
        unsent: entry.bytes.subarray(entry.sentBytes),
      };
    },
    sent(bytes) {
      const entry = entries[0]!;
      entry.sentBytes += bytes;
      queuedBytes -= bytes;
      if (entry.sentBytes === entry.length) remove(entry);
    },
    cancel(requestId) {
      const entry = entries.find((candidate) => candidate.requestId === requestId);
      if (entry !== undefined) remove(entry);
      const sentBytes = answered.get(requestId) ?? 0;
      answered.delete(requestId);
      return sentBytes;
    },
    get queuedBytes() {
      return queuedBytes;
    },
    get size() {
      return entries.length;
    },
  };
}
