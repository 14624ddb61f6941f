import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openFilePieceStore } from '@fairhop/client-agent/engine';
import { choosePieceLength, createContentHasher, createIdentity, signToken } from '@fairhop/shared/crypto';
import {
  type GrantClaims,
  type Manifest,
  pieceCount,
  pieceSizeBytes,
  tokenType,
} from '@fairhop/shared/model';
import type { Message, Order } from './transfer-agent.js';

const RUN_TIMEOUT_MS = 180_000;
export const DOWNLOADER_ADDRESS = '127.1.0.5';
export const UPLOADER_ADDRESS = '127.2.0.9';

export interface Measured {
  readonly bytesPerSecond: number;
  /** What the receiving process used, in milliseconds of one core. */
  readonly processorMsPerMib: number;
}

/** A transfer between agents, and what its proofs took. */
export interface Transferred extends Measured {
  readonly uploaderMsPerMib: number;
  /** Receipts that reached the uploader, and the bytes of both ends' reports as JSON. */
  readonly receipts: number;
  readonly reportBytes: number;
}

export interface Seed {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** A store that holds a whole content of random bytes. */
export async function makeSeed(directory: string, sizeBytes: number): Promise<Seed> {
  const shape = { sizeBytes, pieceLengthBytes: choosePieceLength(sizeBytes) };
  // Random bytes are slow to make: each piece is the same ones with a number of its own.
  const bytes = randomBytes(shape.pieceLengthBytes);
  const pieceOf = (piece: number): Buffer => {
    bytes.writeUInt32BE(piece);
    return bytes.subarray(0, pieceSizeBytes(shape, piece));
  };
  const hasher = createContentHasher(shape);
  for (let piece = 0; piece < pieceCount(shape); piece++) hasher.update(pieceOf(piece));
  const manifest = hasher.finish();
  const store = await openFilePieceStore(directory, manifest);
  for (let piece = 0; piece < pieceCount(shape); piece++) await store.write(piece, pieceOf(piece));
  await store.close();
  return { directory, manifest };
}

export const childPath = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** @param hasReceipts without: the same transfer, with no receipts and statements, and no window that waits for them. */
export async function transfer(seed: Seed, copy: string, hasReceipts = true): Promise<Transferred> {
  const [coordinator, uploader, downloader] = [createIdentity(), createIdentity(), createIdentity()];
  const { manifest } = seed;
  const nowSeconds = Math.floor(Date.now() / 1000);
  const claims: GrantClaims = {
    jti: randomUUID(),
    iss: 'bench',
    aud: uploader.key,
    iat: nowSeconds,
    exp: nowSeconds + 3600,
    content: manifest.contentId,
    title: 'bench/transfer',
    category: 'other',
    sizeBytes: manifest.sizeBytes,
    uploader: uploader.key,
    downloader: downloader.key,
    maxBytes: 2 * manifest.sizeBytes,
    rateBitsPerSecond: Number.MAX_SAFE_INTEGER,
    permit: { id: 'bench', isp: 'sp2', networks: ['127.2.0.0/16'] },
  };
  const grant = await signToken({ claims, identity: coordinator, kid: 'bench', type: tokenType.grant });
  const common = {
    kind: 'order',
    manifest,
    hasReceipts,
    grant,
    claims,
    coordinator: { id: 'bench', publicKey: coordinator.key },
  } as const;
  const orders: Record<'upload' | 'download', Order> = {
    upload: {
      ...common,
      role: 'upload',
      bindAddress: UPLOADER_ADDRESS,
      directory: seed.directory,
      identityPem: uploader.toPem(),
    },
    download: {
      ...common,
      role: 'download',
      bindAddress: DOWNLOADER_ADDRESS,
      directory: copy,
      identityPem: downloader.toPem(),
    },
  };
  const start = (): ChildProcess =>
    fork(childPath('transfer-agent.js'), {
      execArgv: hasReceipts ? [] : ['--import', new URL('receipts-off.js', import.meta.url).href],
    });
  const [uploading, downloading] = [start(), start()];
  return together([uploading, downloading], (settle, fail) => {
    let sent: Extract<Message, { kind: 'sent' }> | undefined;
    let done: Extract<Message, { kind: 'done' }> | undefined;
    const settleWhenBoth = (): void => {
      if (sent === undefined || done === undefined) return;
      const { bytesPerSecond, processorMsPerMib } = done;
      const { processorMsPerMib: uploaderMsPerMib, receipts } = sent;
      const reportBytes = done.reportBytes + sent.reportBytes;
      settle({ bytesPerSecond, processorMsPerMib, uploaderMsPerMib, receipts, reportBytes });
    };
    uploading.on('message', (message: Message) => {
      if (message.kind === 'sent') {
        sent = message;
        settleWhenBoth();
      } else if (message.kind === 'ready') downloading.send(orders.download);
      else if (message.kind === 'failed') fail(new Error(message.message));
      else downloading.send(message);
    });
    downloading.on('message', (message: Message) => {
      if (message.kind === 'done') {
        done = message;
        settleWhenBoth();
      } else if (message.kind === 'failed') fail(new Error(message.message));
      else uploading.send(message);
    });
    uploading.send(orders.upload);
  });
}

/** What two processes find out together; both are ended. */
export async function together<Result>(
  children: readonly ChildProcess[],
  work: (settle: (result: Result) => void, fail: (error: Error) => void) => void,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Result>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no result within ${RUN_TIMEOUT_MS} ms`)), RUN_TIMEOUT_MS);
      for (const child of children)
        child.on('exit', (code) => reject(new Error(`a process ended with ${code}`)));
      work(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    await Promise.all(
      children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }
}
