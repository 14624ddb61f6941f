import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerSource } from '@fairhop/shared/contract';
import {
  contextOfGrant,
  createContentHasher,
  createIdentity,
  type Identity,
  signToken,
  type TransferContext,
} from '@fairhop/shared/crypto';
import {
  type GrantClaims,
  type Manifest,
  pieceSizeBytes,
  tokenType,
  type UploaderStatement,
} from '@fairhop/shared/model';
import type { BlockRequest } from '../download/block-source.js';
import { type ConnectPeerDeps, connectPeer, type PeerConnecting } from '../peer/index.js';
import { openOutbox } from '../report/outbox.js';
import { createUploadRecorder } from '../report/upload-recorder.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { UploadDecision } from './upload-policy.js';
import { createUploader } from './uploader.js';
import type { Uploader, UploaderConfig, UploaderDeps } from './uploader-types.js';

// A coordinator's part of a transfer, and both ends over real connections in one process, for tests.

export const PIECE_BYTES = 256 * 1024;

export interface Content {
  readonly bytes: Buffer;
  readonly manifest: Manifest;
}

export function makeContent(sizeBytes: number): Content {
  const bytes = randomBytes(sizeBytes);
  const hasher = createContentHasher({ sizeBytes, pieceLengthBytes: PIECE_BYTES });
  hasher.update(bytes);
  return { bytes, manifest: hasher.finish() };
}

/** Holds the pieces of `held`, which may grow. */
function memoryStore(
  { bytes, manifest }: Content,
  held: (piece: number) => boolean = () => true,
): PieceStore {
  return {
    manifest,
    has: held,
    verifiedPieces: 0,
    complete: false,
    write: () => Promise.reject(new Error('only read')),
    async read(piece, offset, lengthBytes, into = Buffer.alloc(lengthBytes)) {
      const start = piece * manifest.pieceLengthBytes + offset;
      into.set(bytes.subarray(start, start + lengthBytes));
      return into.subarray(0, lengthBytes);
    },
    close: () => Promise.resolve(),
  };
}

const ready: UploadDecision = { ready: true, reasons: [], goodbye: 'stopping', bytesLeft: 1_000_000_000 };

export interface FixtureOptions {
  readonly sizeBytes?: number;
  readonly claims?: Partial<GrantClaims>;
  readonly uploader?: Partial<UploaderConfig>;
  readonly uploaderDeps?: Partial<UploaderDeps>;
  readonly held?: (piece: number) => boolean;
  readonly signer?: Identity;
  readonly nowMs?: () => number;
  /** Stands between the two ends' signalling. */
  readonly change?: (signal: string) => string;
}

export interface Fixture {
  readonly content: Content;
  readonly uploader: Uploader;
  readonly uploaderKey: Identity;
  readonly downloaderKey: Identity;
  readonly coordinator: Identity;
  readonly grant: string;
  readonly claims: GrantClaims;
  readonly context: TransferContext;
  readonly receipts: { receipt: Uint8Array; cumulativeBytes: number }[];
  readonly withoutPermit: string[];
  readonly ended: string[];
  /** What the uploader's outbox holds. */
  statements(): UploaderStatement[];
  sentBytes(): number;
  connect(deps?: Partial<ConnectPeerDeps>): PeerConnecting;
  /** Takes the uploader's signals, where a test makes the downloader's end itself. */
  uploaderSignals(take: (signal: string) => void): void;
  readonly peer: PeerSource;
  stop(): Promise<void>;
}

export async function createFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const nowMs = options.nowMs ?? Date.now;
  const [coordinator, uploaderKey, downloaderKey] = [createIdentity(), createIdentity(), createIdentity()];
  const content = makeContent(options.sizeBytes ?? 3 * PIECE_BYTES + 1000);
  const claims: GrantClaims = {
    jti: randomUUID(),
    iss: 'coordinator-1',
    aud: uploaderKey.key,
    iat: Math.floor(nowMs() / 1000),
    exp: Math.floor(nowMs() / 1000) + 600,
    content: content.manifest.contentId,
    title: 'studio/film',
    category: 'video',
    sizeBytes: content.bytes.length,
    uploader: uploaderKey.key,
    downloader: downloaderKey.key,
    maxBytes: 2 * content.bytes.length,
    rateBitsPerSecond: 100_000_000_000,
    permit: { id: 'permit-1', isp: 'sp2', networks: ['127.2.0.0/16'] },
    ...options.claims,
  };
  const signer = options.signer ?? coordinator;
  const grant = await signToken({ claims, identity: signer, kid: 'key-1', type: tokenType.grant });
  const receipts: Fixture['receipts'] = [];
  const [withoutPermit, ended]: [string[], string[]] = [[], []];
  const directory = await mkdtemp(join(tmpdir(), 'fairhop-transfer-'));
  const outbox = openOutbox(join(directory, 'reports.db'), { warn: () => undefined });
  const recorder = createUploadRecorder(
    { file: join(directory, 'sent.bin'), identity: uploaderKey },
    { outbox, nowMs, onStated: () => undefined },
  );
  let sentBytes = 0;
  let takeSignal: (signal: string) => void = () => undefined;
  const uploader = createUploader(
    {
      identity: uploaderKey,
      network: { bindAddress: '127.2.0.9', iceServers: [] },
      slots: 4,
      rateBitsPerSecond: Number.POSITIVE_INFINITY,
      ...options.uploader,
    },
    {
      coordinator: () => ({ id: 'coordinator-1', publicKey: coordinator.key }),
      nowMs,
      decision: () => ready,
      permitId: () => 'permit-1',
      storeOf: (id) => (id === content.manifest.contentId ? memoryStore(content, options.held) : undefined),
      sendSignal: (_transferId, signal) => takeSignal(options.change?.(signal) ?? signal),
      onSent: (bytes) => {
        sentBytes += bytes;
      },
      recorder,
      onStatementLost: (_transferId, error) => {
        throw error;
      },
      onEnded: (_transferId, reason) => ended.push(reason),
      ...options.uploaderDeps,
    },
  );
  uploader.start();
  const abort = new AbortController();
  const peer: PeerSource = {
    agent: uploaderKey.key,
    transferId: claims.jti,
    grant,
    asn: 64502,
    isp: 'sp2',
    onNet: false,
    costClass: 3,
    rateBitsPerSecond: claims.rateBitsPerSecond,
    maxBytes: claims.maxBytes,
    expiresMs: claims.exp * 1000,
  };
  return {
    content,
    uploader,
    uploaderKey,
    downloaderKey,
    coordinator,
    grant,
    claims,
    context: contextOfGrant(claims),
    receipts,
    withoutPermit,
    ended,
    statements: () =>
      outbox.peek(1000).flatMap(({ record }) => (record.type === 'uploader-statement' ? [record] : [])),
    sentBytes: () => sentBytes,
    peer,
    connect(deps) {
      const connecting = connectPeer(
        {
          peer,
          manifest: content.manifest,
          identity: downloaderKey,
          coordinator: { id: 'coordinator-1', publicKey: signer.key },
          network: { bindAddress: '127.1.0.5', iceServers: [] },
          signal: abort.signal,
          timeoutMs: 10_000,
        },
        {
          nowMs,
          sendSignal: (signal) =>
            uploader.receiveSignal(claims.jti, downloaderKey.key, options.change?.(signal) ?? signal),
          onReceipt: ({ bytes, cumulativeBytes }) => receipts.push({ receipt: bytes, cumulativeBytes }),
          onUploadWithoutPermit: (reason) => withoutPermit.push(reason),
          ...deps,
        },
      );
      takeSignal = connecting.receiveSignal;
      connecting.source.catch(() => undefined);
      return connecting;
    },
    uploaderSignals(take) {
      takeSignal = take;
    },
    async stop() {
      await uploader.stop();
      abort.abort();
      recorder.close();
      outbox.close();
      await rm(directory, { recursive: true });
    },
  };
}

/** Downloads a piece; gives its bytes. */
export async function fetchPiece(
  source: Awaited<PeerConnecting['source']>,
  { manifest }: Content,
  piece: number,
  signal: BlockRequest['signal'] = new AbortController().signal,
): Promise<Buffer> {
  const lengthBytes = pieceSizeBytes(manifest, piece);
  const bytes = Buffer.alloc(lengthBytes);
  await source.request({
    piece,
    offset: 0,
    lengthBytes,
    onData: (offset, data) => bytes.set(data, offset),
    signal,
  });
  return bytes;
}
