import { MAX_DATA_BYTES, MAX_FRAME_BYTES, MAX_REQUEST_BYTES, type RequestFrame } from '@fairhop/shared/wire';

/** Four times what a downloader of this software asks at a time. */
const MAX_QUEUED_REQUESTS = 256;
/** Requests that were answered lately: a cancel of one that is older forgives nothing. */
const MAX_ANSWERED = 1024;
/** Read ahead: what the channel takes at a time. With 16 uploads that is 32 MiB. */
const READ_AHEAD_BYTES = 2 * 1024 * 1024;
/** What a data frame has before its payload. */
const DATA_HEADER_BYTES = MAX_FRAME_BYTES - MAX_DATA_BYTES;

interface Entry extends RequestFrame {
  sentBytes: number;
  /** Where it is read into, from `DATA_HEADER_BYTES` on. */
  memory: Uint8Array<ArrayBuffer> | undefined;
  state: 'waiting' | 'reading' | 'read';
}

/** A request whose bytes are in memory. */
interface ReadyRequest {
  readonly requestId: number;
  readonly piece: number;
  /** Where in the piece the next bytes are. */
  readonly nextOffset: number;
  readonly unsentBytes: number;
  /** The next bytes, after room for the header of a data frame. What comes before them was sent and may be overwritten. */
  readonly memory: Uint8Array<ArrayBuffer>;
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
  /** Ids of the requests that are unanswered. */
  requestIds(): number[];
  readonly queuedBytes: number;
  /** Unanswered requests. */
  readonly size: number;
}

export interface RequestQueueConfig {
  /** No request is for more than a piece. */
  readonly pieceLengthBytes: number;
}

export interface RequestQueueDeps {
  /** Reads into the beginning of `into`. */
  read(piece: number, offset: number, lengthBytes: number, into: Uint8Array): Promise<Uint8Array>;
  onReady(): void;
  onReadFailed(requestId: number, error: unknown): void;
}

export function createRequestQueue(
  { pieceLengthBytes }: RequestQueueConfig,
  deps: RequestQueueDeps,
): RequestQueue {
  const maxRequestBytes = Math.min(MAX_REQUEST_BYTES, pieceLengthBytes);
  const readAheadRequests = Math.min(MAX_QUEUED_REQUESTS, Math.floor(READ_AHEAD_BYTES / maxRequestBytes));
  const entries: Entry[] = [];
  const answered = new Map<number, number>();
  /** Reused: memory outside of the heap costs its collector more than filling it does. */
  const free: Uint8Array<ArrayBuffer>[] = [];
  let queuedBytes = 0;

  const remove = (entry: Entry): void => {
    const index = entries.indexOf(entry);
    if (index === -1) return;
    entries.splice(index, 1);
    // Memory that is read into is given back by the read.
    if (entry.state === 'read') giveBack(entry);
    queuedBytes -= entry.length - entry.sentBytes;
    answered.set(entry.requestId, entry.sentBytes);
    if (answered.size > MAX_ANSWERED) answered.delete(answered.keys().next().value!);
    readAhead();
  };

  const giveBack = (entry: Entry): void => {
    if (entry.memory !== undefined && free.length < readAheadRequests) free.push(entry.memory);
    entry.memory = undefined;
  };

  const read = async (entry: Entry): Promise<void> => {
    entry.state = 'reading';
    const memory = free.pop() ?? Buffer.allocUnsafeSlow(DATA_HEADER_BYTES + maxRequestBytes);
    entry.memory = memory;
    try {
      const into = memory.subarray(DATA_HEADER_BYTES, DATA_HEADER_BYTES + entry.length);
      const bytes = await deps.read(entry.piece, entry.offset, entry.length, into);
      if (bytes.length !== entry.length)
        throw new RangeError(`read ${bytes.length} bytes of ${entry.length}`);
      entry.state = 'read';
      if (!entries.includes(entry)) giveBack(entry);
      else if (entries[0] === entry) deps.onReady();
    } catch (error) {
      entry.state = 'read';
      if (!entries.includes(entry)) return giveBack(entry);
      remove(entry);
      deps.onReadFailed(entry.requestId, error);
    }
  };

  const readAhead = (): void => {
    for (let index = 0; index < readAheadRequests && index < entries.length; index++) {
      if (entries[index]!.state === 'waiting') void read(entries[index]!);
    }
  };

  return {
    add(request) {
      if (entries.length >= MAX_QUEUED_REQUESTS) return false;
      if (entries.some(({ requestId }) => requestId === request.requestId)) return false;
      entries.push({ ...request, sentBytes: 0, memory: undefined, state: 'waiting' });
      queuedBytes += request.length;
      readAhead();
      return true;
    },
    head() {
      const entry = entries[0];
      if (entry?.memory === undefined || entry.state !== 'read') return undefined;
      return {
        requestId: entry.requestId,
        piece: entry.piece,
        nextOffset: entry.offset + entry.sentBytes,
        unsentBytes: entry.length - entry.sentBytes,
        memory: entry.memory.subarray(entry.sentBytes),
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
    requestIds: () => entries.map(({ requestId }) => requestId),
    get queuedBytes() {
      return queuedBytes;
    },
    get size() {
      return entries.length;
    },
  };
}
