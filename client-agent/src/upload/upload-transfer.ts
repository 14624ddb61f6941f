import {
  contextOfGrant,
  contradicts,
  type Receipt,
  receiptLink,
  verifyReceipt,
} from '@fairhop/shared/crypto';
import { FairhopError, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import {
  createBitfield,
  createDataMessage,
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameError,
  type GoodbyeReason,
  MAX_HAVE_PIECES,
  type RejectReason,
  type RequestFrame,
} from '@fairhop/shared/wire';
import { createFrameBudget } from '../peer/frame-budget.js';
import type { Handshake } from '../peer/handshake.js';
import type { RtcLink } from '../peer/rtc-link.js';
import type { PieceStore } from '../storage/piece-store.js';
import { createRateMeter } from './rate-meter.js';
import { createRequestQueue } from './request-queue.js';
import { createTokenBucket } from './token-bucket.js';
import type { UploadLane } from './upload-scheduler.js';
import { createUploadWindow, windowBytesOf } from './upload-window.js';

/** An uploader whose window stays full for so long has a downloader that does not acknowledge. */
const RECEIPT_TIMEOUT_MS = 30_000;
/** A channel that nothing is asked on for so long is given up: the downloader can come back with another grant. */
const IDLE_TIMEOUT_MS = 120_000;
/** Requests of 16 KiB at 1 Gbit/s are 8,000 in a second. */
const FRAMES_PER_SECOND = 10_000;
/** Each costs a signature's check, about 0.1 ms; one each 2 MiB or quarter second is what is due. */
const RECEIPTS_PER_SECOND = 500;
/** Room in the window below this waits for more, unless it is enough for the rest. */
const MIN_ROOM_BYTES = 16 * 1024;

export interface UploadTransferConfig {
  readonly link: RtcLink;
  readonly handshake: Handshake;
  readonly store: PieceStore;
}

export interface UploadTransferDeps {
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** A clock that never goes back. */
  readonly monotonicMs: () => number;
  /** Something became ready to be sent. */
  readonly wake: () => void;
  /** Why nothing may be served right now. */
  readonly refusal: () => RejectReason | undefined;
  /** Called with all payload so far before the last of it goes. What cannot be noted is not sent. */
  readonly beforeSend: (sentBytes: number) => void;
  readonly onSent: (bytes: number) => void;
  /**
   * A receipt that the downloader signed, 133 bytes. Called too for one that cannot be true beside what it signed before or what was
   * sent, which ends the transfer: whoever is shown it sees who told it.
   */
  readonly onReceipt: (bytes: Uint8Array, acknowledgedBytes: number) => void;
}

/** The uploader's end of one transfer. */
export interface UploadTransfer extends UploadLane {
  readonly sentBytes: number;
  readonly acknowledgedBytes: number;
  rateBitsPerSecond(): number;
  /** New pieces are held. */
  announce(pieces: readonly number[]): void;
  lower(rateBitsPerSecond: number): void;
  /** Turns down what is asked and not sent yet. */
  rejectAll(reason: RejectReason): void;
  /** Ends it if its grant expired, its receipts stopped or nobody asks. */
  check(): void;
  end(reason: GoodbyeReason, text: string): void;
}

export function createUploadTransfer(config: UploadTransferConfig, deps: UploadTransferDeps): UploadTransfer {
  const { link, handshake, store } = config;
  const { claims } = handshake;
  const { manifest } = store;
  const context = contextOfGrant(claims);
  const pieces = pieceCount(manifest);
  const window = createUploadWindow(windowBytesOf(manifest.pieceLengthBytes));
  const bucket = createTokenBucket(claims.rateBitsPerSecond, deps.monotonicMs());
  const meter = createRateMeter();
  const frames = createFrameBudget(FRAMES_PER_SECOND);
  const receipts = createFrameBudget(RECEIPTS_PER_SECOND);
  let isWritable = true;
  let ended = false;
  let lastReceipt: Receipt | undefined;
  let lastAskedMs = deps.monotonicMs();
  let lastMovedMs = deps.monotonicMs();

  const send = (frame: Frame): void => {
    if (!link.isClosed) link.send(encodeFrame(frame));
  };
  const queue = createRequestQueue(manifest, {
    read: (piece, offset, lengthBytes, into) => store.read(piece, offset, lengthBytes, into),
    onReady: deps.wake,
    onReadFailed: (requestId) => send({ type: 'reject', requestId, reason: 'read-failed' }),
  });

  const end = (reason: GoodbyeReason, text: string): void => {
    if (ended) return;
    ended = true;
    send({ type: 'goodbye', reason, text });
    link.onMessage = undefined;
    link.onDrain = undefined;
    link.close(text);
  };

  const isExpired = (): boolean => deps.nowMs() >= claims.exp * 1000;

  const refusalOf = (request: RequestFrame): RejectReason | undefined => {
    const { piece, offset, length } = request;
    if (isExpired()) return 'expired';
    if (piece >= pieces || offset + length > pieceSizeBytes(manifest, piece)) return 'bad-request';
    if (!store.has(piece)) return 'not-held';
    if (window.sentBytes + queue.queuedBytes + length > claims.maxBytes) return 'over-limit';
    return deps.refusal();
  };

  const takeReceipt = (bytes: Uint8Array): void => {
    if (!receipts.spend(deps.monotonicMs())) throw badReceipt('come too often');
    const receipt = verifyReceipt(bytes, context);
    const knownBytes = window.acknowledgedBytes;
    const kind = lastReceipt && contradicts(receiptLink(lastReceipt), receiptLink(receipt));
    if (kind !== undefined) {
      deps.onReceipt(bytes.slice(), knownBytes);
      throw badReceipt(`${lastReceipt!.sequence} and ${receipt.sequence} tell two histories: ${kind}`);
    }
    if (lastReceipt !== undefined && receipt.sequence < lastReceipt.sequence)
      throw badReceipt(`go from ${lastReceipt.sequence} back to ${receipt.sequence}`);
    if (!window.acknowledge(receipt.cumulativeBytes)) {
      deps.onReceipt(bytes.slice(), knownBytes);
      throw badReceipt(
        `say ${receipt.cumulativeBytes} bytes after ${knownBytes} of ${window.sentBytes} sent`,
      );
    }
    lastReceipt = receipt;
    if (receipt.cumulativeBytes === knownBytes) return;
    deps.onReceipt(bytes.slice(), receipt.cumulativeBytes);
    lastMovedMs = deps.monotonicMs();
    deps.wake();
  };

  const receive = (frame: Frame): void => {
    if (!frames.spend(deps.monotonicMs()))
      throw new FrameError('frame-invalid', 'Too many frames in a second');
    switch (frame.type) {
      case 'request': {
        lastAskedMs = deps.monotonicMs();
        if (queue.size === 0) lastMovedMs = lastAskedMs;
        const reason = refusalOf(frame) ?? (queue.add(frame) ? undefined : 'busy');
        if (reason !== undefined) send({ type: 'reject', requestId: frame.requestId, reason });
        return;
      }
      case 'cancel':
        window.writeOff(queue.cancel(frame.requestId));
        deps.wake();
        return;
      case 'receipt':
        takeReceipt(frame.receipt);
        return;
      case 'goodbye':
        link.drop(`the downloader ended it: ${frame.reason}${frame.text && `, ${frame.text}`}`);
        return;
      default:
        throw new FrameError('frame-invalid', `A downloader sends no ${frame.type} frame here`);
    }
  };

  link.onDrain = () => {
    isWritable = true;
    deps.wake();
  };
  const held = Array.from({ length: pieces }, (_, piece) => piece).filter((piece) => store.has(piece));
  send({ type: 'bitfield', ...createBitfield(pieces, held) });
  link.onMessage = (message) => {
    try {
      receive(decodeFrame(message));
    } catch (error) {
      end(
        error instanceof FairhopError ? 'protocol-error' : 'failed',
        error instanceof Error ? error.message : String(error),
      );
    }
  };

  return {
    bucket,
    readyBytes() {
      if (ended || !isWritable || link.isClosed) return 0;
      const unsentBytes = queue.head()?.unsentBytes ?? 0;
      if (unsentBytes === 0) return 0;
      const { roomBytes } = window;
      return roomBytes < Math.min(unsentBytes, MIN_ROOM_BYTES) ? 0 : Math.min(unsentBytes, roomBytes);
    },
    send(bytes) {
      const { requestId, piece, nextOffset, memory } = queue.head()!;
      if (isExpired()) return end('expired', `grant ${claims.jti} expired`);
      try {
        deps.beforeSend(window.sentBytes + bytes);
      } catch (error) {
        return end(
          'failed',
          `what is sent cannot be noted: ${error instanceof Error ? error.message : error}`,
        );
      }
      // The payload is in its place. The channel copies what it sends.
      const { message } = createDataMessage({ requestId, piece, offset: nextOffset }, bytes, memory);
      isWritable = link.send(message);
      const nowMs = deps.monotonicMs();
      lastMovedMs = nowMs;
      meter.add(bytes, nowMs);
      window.sent(bytes);
      queue.sent(bytes);
      deps.onSent(bytes);
    },
    get sentBytes() {
      return window.sentBytes;
    },
    get acknowledgedBytes() {
      return window.acknowledgedBytes;
    },
    rateBitsPerSecond: () => meter.bitsPerSecond(deps.monotonicMs()),
    announce(newPieces) {
      for (let index = 0; index < newPieces.length; index += MAX_HAVE_PIECES) {
        send({ type: 'have', pieces: newPieces.slice(index, index + MAX_HAVE_PIECES) });
      }
    },
    rejectAll(reason) {
      for (const requestId of queue.requestIds()) {
        window.writeOff(queue.cancel(requestId));
        send({ type: 'reject', requestId, reason });
      }
    },
    lower: (rateBitsPerSecond) => bucket.setRate(rateBitsPerSecond),
    check() {
      const nowMs = deps.monotonicMs();
      if (isExpired()) return end('expired', `grant ${claims.jti} expired`);
      if (queue.size > 0 && nowMs - lastMovedMs > RECEIPT_TIMEOUT_MS) {
        return end('timeout', `no receipt within ${RECEIPT_TIMEOUT_MS} ms`);
      }
      if (queue.size === 0 && nowMs - lastAskedMs > IDLE_TIMEOUT_MS) {
        end('timeout', `nothing was asked within ${IDLE_TIMEOUT_MS} ms`);
      }
    },
    end,
  };
}

const badReceipt = (what: string): FairhopError =>
  new FairhopError('receipt-invalid', `The receipts ${what}`);
