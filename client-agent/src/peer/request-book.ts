import { FairhopError } from '@fairhop/shared/model';
import { type DataFrame, FrameError, MAX_REQUEST_BYTES, type RequestFrame } from '@fairhop/shared/wire';

/** Asked of one peer at a time: twice the product of 1 Gbit/s and 60 ms. More waits here. */
const MAX_OUTSTANDING_BYTES = 16 * 1024 * 1024;
/** The uploader's queue has room for four times as many. */
const MAX_OUTSTANDING_REQUESTS = 64;
/** Ranges that wait for room; an engine that wants more keeps count of nothing. */
const MAX_WAITING_RANGES = 4096;
/** Cancelled requests whose bytes may still be under way; older ones are answered or never will be. */
const MAX_CANCELLED = 1024;

/** A range as the engine wants it, cut into requests of at most 1 MiB on the wire. */
interface Range {
  readonly piece: number;
  readonly offset: number;
  readonly lengthBytes: number;
  readonly onData: (offset: number, bytes: Uint8Array) => void;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

interface Work extends Range {
  askedBytes: number;
  receivedBytes: number;
  readonly requestIds: Set<number>;
  ended: boolean;
}

interface Outstanding {
  readonly work: Work;
  readonly end: number;
  readonly length: number;
}

/** Which requests of one channel are open. It sends by `send` and holds no bytes. */
export interface RequestBook {
  /** Returns how to cancel it. */
  add(range: Range): () => void;
  /** Hands the bytes to their range; true if they were wanted, false if of a cancelled request. Throws FrameError. */
  take(frame: DataFrame): boolean;
  reject(requestId: number, reason: string): void;
  /** Fails all ranges. */
  fail(error: Error): void;
  readonly outstandingRequests: number;
}

export interface RequestBookDeps {
  send(frame: RequestFrame | { type: 'cancel'; requestId: number }): void;
}

export function createRequestBook({ send }: RequestBookDeps): RequestBook {
  const outstanding = new Map<number, Outstanding>();
  /** Request id → bytes that may still come. */
  const cancelled = new Map<number, number>();
  const waiting = new Set<Work>();
  let outstandingBytes = 0;
  let nextRequestId = 1;

  const ask = (): void => {
    for (const work of waiting) {
      while (work.askedBytes < work.lengthBytes) {
        const length = Math.min(MAX_REQUEST_BYTES, work.lengthBytes - work.askedBytes);
        const isFull =
          outstandingBytes + length > MAX_OUTSTANDING_BYTES || outstanding.size >= MAX_OUTSTANDING_REQUESTS;
        if (isFull) return;
        const requestId = nextRequestId++;
        const offset = work.offset + work.askedBytes;
        work.askedBytes += length;
        work.requestIds.add(requestId);
        outstanding.set(requestId, { work, end: offset + length, length });
        outstandingBytes += length;
        send({ type: 'request', requestId, piece: work.piece, offset, length });
      }
      waiting.delete(work);
    }
  };

  const forget = (requestId: number): void => {
    const entry = outstanding.get(requestId);
    if (entry === undefined) return;
    outstanding.delete(requestId);
    entry.work.requestIds.delete(requestId);
    outstandingBytes -= entry.length;
  };

  /** Ends a range whose other requests, if any, are not wanted any more. */
  const drop = (work: Work): void => {
    if (work.ended) return;
    work.ended = true;
    waiting.delete(work);
    const next = work.offset + work.receivedBytes;
    for (const requestId of work.requestIds) {
      const { end, length } = outstanding.get(requestId)!;
      cancelled.set(requestId, Math.min(length, end - next));
      if (cancelled.size > MAX_CANCELLED) cancelled.delete(cancelled.keys().next().value!);
      forget(requestId);
      send({ type: 'cancel', requestId });
    }
    ask();
  };

  return {
    add(range) {
      if (waiting.size >= MAX_WAITING_RANGES) {
        range.failed(
          new FairhopError('rejected', `More than ${MAX_WAITING_RANGES} ranges wait for one peer`, {
            details: { reason: 'busy' },
          }),
        );
        return () => undefined;
      }
      const work: Work = { ...range, askedBytes: 0, receivedBytes: 0, requestIds: new Set(), ended: false };
      waiting.add(work);
      ask();
      return () => drop(work);
    },
    take({ requestId, piece, offset, bytes }) {
      const entry = outstanding.get(requestId);
      if (entry === undefined) {
        const expectedBytes = cancelled.get(requestId);
        if (expectedBytes === undefined || bytes.length > expectedBytes)
          throw unasked(requestId, piece, offset, bytes.length);
        if (bytes.length === expectedBytes) cancelled.delete(requestId);
        else cancelled.set(requestId, expectedBytes - bytes.length);
        return false;
      }
      const { work, end, length } = entry;
      const isNext = piece === work.piece && offset === work.offset + work.receivedBytes;
      if (!isNext || offset < end - length || offset + bytes.length > end)
        throw unasked(requestId, piece, offset, bytes.length);
      work.receivedBytes += bytes.length;
      const isLast = offset + bytes.length === end;
      if (isLast) forget(requestId);
      work.onData(offset, bytes);
      if (!isLast) return true;
      if (work.receivedBytes === work.lengthBytes && !work.ended) {
        work.ended = true;
        work.done();
      }
      ask();
      return true;
    },
    reject(requestId, reason) {
      cancelled.delete(requestId);
      const work = outstanding.get(requestId)?.work;
      if (work === undefined) return;
      forget(requestId);
      drop(work);
      const range = `bytes ${work.offset} to ${work.offset + work.lengthBytes} of piece ${work.piece}`;
      work.failed(
        new FairhopError('rejected', `The peer rejected ${range}: ${reason}`, { details: { reason } }),
      );
    },
    fail(error) {
      const works = new Set([...waiting, ...[...outstanding.values()].map(({ work }) => work)]);
      waiting.clear();
      outstanding.clear();
      outstandingBytes = 0;
      for (const work of works) {
        work.ended = true;
        work.failed(error);
      }
    },
    get outstandingRequests() {
      return outstanding.size;
    },
  };
}

const unasked = (requestId: number, piece: number, offset: number, length: number): FrameError =>
  new FrameError(
    'frame-invalid',
    `Data of request ${requestId}, piece ${piece}, bytes ${offset} to ${offset + length} answers no request`,
  );
