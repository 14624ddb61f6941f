import { contextOfGrant, type Identity } from '@fairhop/shared/crypto';
import {
  FairhopError,
  type GrantClaims,
  type Manifest,
  pieceCount,
  pieceSizeBytes,
} from '@fairhop/shared/model';
import { decodeFrame, encodeFrame, type Frame, FrameError, type GoodbyeReason } from '@fairhop/shared/wire';
import type { BlockRequest, BlockSource, SourceNetwork } from '../download/block-source.js';
import { deferred } from './deferred.js';
import { createFrameBudget } from './frame-budget.js';
import type { Handshake } from './handshake.js';
import { permitFault } from './permit-check.js';
import { createReceiptWriter, type SignedReceipt } from './receipt-writer.js';
import { createRequestBook } from './request-book.js';
import type { RtcLink } from './rtc-link.js';

/** A peer that has been asked and sends nothing for so long is gone or useless. */
const STALL_MS = 20_000;
const CHECK_INTERVAL_MS = 1_000;
/** Frames without data from the uploader in one second: it may get a piece every millisecond. */
const CONTROL_FRAMES_PER_SECOND = 2_000;

export interface PeerSourceConfig {
  readonly link: RtcLink;
  readonly handshake: Handshake;
  readonly identity: Identity;
  readonly manifest: Manifest;
  readonly network: SourceNetwork;
}

export interface PeerSourceDeps {
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** Keeps each signed receipt, also for bytes that are verified after the channel ended. */
  readonly onReceipt: (receipt: SignedReceipt) => void;
  /** The uploader is not or no longer covered by its permit; the channel ends with it, and this is called once. */
  readonly onUploadWithoutPermit: (reason: string) => void;
}

/** The downloader's end of a transfer from a peer. */
export interface PeerBlockSource extends BlockSource {
  readonly claims: GrantClaims;
  /** This agent's address as the uploader sees it, and the uploader's as it is seen here now. */
  readonly observedAddressOfMe: string;
  uploaderAddress(): string;
  /** Payload that came for requests, verified or not. */
  readonly receivedBytes: number;
  readonly acknowledgedBytes: number;
}

/** A source on a channel whose handshake is done. */
export function createPeerSource(config: PeerSourceConfig, deps: PeerSourceDeps): PeerBlockSource {
  const { link, handshake, manifest } = config;
  const { claims } = handshake;
  const pieces = pieceCount(manifest);
  const closed = deferred<string>();
  const budget = createFrameBudget(CONTROL_FRAMES_PER_SECOND);
  let held: Uint8Array | undefined;
  let receivedBytes = 0;
  let ended = false;
  let lastDataMs = performance.now();

  const send = (frame: Frame): void => {
    if (!link.isClosed) link.send(encodeFrame(frame));
  };
  const book = createRequestBook({ send });
  const receipts = createReceiptWriter({
    identity: config.identity,
    context: contextOfGrant(claims),
    expiresMs: claims.exp * 1000,
    nowMs: deps.nowMs,
    onReceipt: deps.onReceipt,
    send: (receipt) => send({ type: 'receipt', receipt }),
    onFailed: (error) => source.onFailed?.(error),
  });

  const end = (reason: GoodbyeReason, text: string): void => {
    if (ended) return;
    ended = true;
    clearInterval(checkTimer);
    receipts.end();
    send({ type: 'goodbye', reason, text });
    link.close(text);
    link.onMessage = undefined;
    book.fail(new FairhopError('source-closed', `Peer ${claims.uploader} is gone: ${text}`));
    closed.resolve(text);
  };

  const checkPermit = (): boolean => {
    const evidence = {
      permit: claims.permit,
      indicatedPermitId: handshake.permitId,
      uploaderAddress: link.remoteAddress(),
    };
    const fault = permitFault(evidence);
    if (fault === undefined) return true;
    if (!ended) deps.onUploadWithoutPermit(fault);
    end('no-permit', fault);
    return false;
  };

  const receive = (frame: Frame): void => {
    if (frame.type === 'data') {
      lastDataMs = performance.now();
      if (held === undefined || frame.bytes.length + frame.offset > pieceSizeBytes(manifest, frame.piece)) {
        throw new FrameError('frame-invalid', `Data of piece ${frame.piece} is outside of the content`);
      }
      if (book.take(frame)) {
        receivedBytes += frame.bytes.length;
        receipts.noteData();
      }
      return;
    }
    if (!budget.spend(performance.now()))
      throw new FrameError('frame-invalid', 'Too many frames in a second');
    switch (frame.type) {
      case 'bitfield':
        if (held !== undefined) throw new FrameError('frame-invalid', 'A second bitfield came');
        if (frame.pieceCount !== pieces) {
          throw new FrameError(
            'frame-invalid',
            `A bitfield of ${frame.pieceCount} pieces came, the content has ${pieces}`,
          );
        }
        held = frame.bits.slice();
        source.onChange?.();
        return;
      case 'have':
        for (const piece of frame.pieces) {
          if (held === undefined || piece >= pieces) {
            throw new FrameError(
              'frame-invalid',
              `Piece ${piece} was announced before the bitfield or is not of the content`,
            );
          }
          held[piece >>> 3] = held[piece >>> 3]! | (0x80 >>> (piece & 7));
        }
        source.onChange?.(frame.pieces);
        return;
      case 'reject':
        book.reject(frame.requestId, frame.reason);
        source.onChange?.([]);
        return;
      case 'goodbye':
        link.drop(`the uploader ended it: ${frame.reason}${frame.text && `, ${frame.text}`}`);
        return;
      default:
        throw new FrameError('frame-invalid', `An uploader sends no ${frame.type} frame here`);
    }
  };

  const source: PeerBlockSource = {
    id: claims.uploader,
    kind: 'peer',
    transferId: claims.jti,
    network: config.network,
    claims,
    observedAddressOfMe: handshake.observedAddressOfMe,
    uploaderAddress: () => link.remoteAddress(),
    get receivedBytes() {
      return receivedBytes;
    },
    get acknowledgedBytes() {
      return receipts.acknowledgedBytes;
    },
    holds: (piece) => held !== undefined && (held[piece >>> 3]! & (0x80 >>> (piece & 7))) !== 0,
    request: (request) => requestRange(request),
    acknowledge(verifiedBytes) {
      if (
        !Number.isInteger(verifiedBytes) ||
        verifiedBytes < 0 ||
        receipts.acknowledgedBytes + verifiedBytes > receivedBytes
      ) {
        throw new RangeError(`${verifiedBytes} more bytes cannot be verified, ${receivedBytes} came in all`);
      }
      receipts.acknowledge(verifiedBytes);
      if (ended) receipts.flush();
    },
    keepReceipt: () => receipts.sign(),
    onChange: undefined,
    onFailed: undefined,
    close: (reason) => end('done', reason),
    closed: closed.promise,
  };

  const requestRange = ({ piece, offset, lengthBytes, onData, signal }: BlockRequest): Promise<void> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(new FairhopError('source-closed', `Peer ${claims.uploader} is gone`));
      if (signal.aborted) return reject(aborted(piece));
      if (book.outstandingRequests === 0) lastDataMs = performance.now();
      const settle = (): void => signal.removeEventListener('abort', abort);
      const cancel = book.add({
        piece,
        offset,
        lengthBytes,
        onData,
        done() {
          settle();
          resolve();
        },
        failed(error) {
          settle();
          reject(error);
        },
      });
      const abort = (): void => {
        cancel();
        reject(aborted(piece));
      };
      signal.addEventListener('abort', abort, { once: true });
    });

  const checkTimer = setInterval(() => {
    if (!checkPermit()) return;
    const isStalled = book.outstandingRequests > 0 && performance.now() - lastDataMs > STALL_MS;
    if (isStalled) end('timeout', `nothing came for ${STALL_MS} ms`);
  }, CHECK_INTERVAL_MS);
  void link.closed.then((reason) => end('failed', reason));
  if (checkPermit()) {
    link.onMessage = (message) => {
      try {
        receive(decodeFrame(message));
      } catch (error) {
        end(
          error instanceof FrameError ? 'protocol-error' : 'failed',
          String(error instanceof Error ? error.message : error),
        );
      }
    };
  }
  return source;
}

const aborted = (piece: number): FairhopError =>
  new FairhopError('aborted', `The request for piece ${piece} was aborted`);
