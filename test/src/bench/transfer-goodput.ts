import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
import { median } from './median.js';
import type { Message, Order } from './transfer-agent.js';

const MIB = 1024 * 1024;
/**
 * Each run of the agents is compared with a raw one right before or after it, so that what else the machine does meets both
 * alike; the median of these ratios counts.
 */
const PAIRS = 7;
const RUN_TIMEOUT_MS = 180_000;
const DOWNLOADER_ADDRESS = '127.1.0.5';
const UPLOADER_ADDRESS = '127.2.0.9';

export interface Goodput {
  /** Median over the pairs of (the agents' rate ÷ the raw one). */
  readonly ratio: number;
  /** What the raw runs and those of the agents came to, in words. */
  readonly raw: string;
  readonly agents: string;
}

/** One agent to another, verified, on disk and with its receipts in the outboxes, against node-datachannel alone. */
export async function measureGoodput(directory: string, sizeBytes: number): Promise<Goodput> {
  await mkdir(directory);
  try {
    const seed = await makeSeed(join(directory, 'seed'), sizeBytes);
    const [raw, agents]: [Measured[], Measured[]] = [[], []];
    const runRaw = async () => {
      raw.push(await rawTransfer(sizeBytes));
    };
    const runAgents = async () => {
      agents.push(await transfer(seed, join(directory, 'copy')));
      await rm(join(directory, 'copy'), { recursive: true });
    };
    for (let pair = 0; pair < PAIRS; pair++) {
      // The one that is first changes, so that a load that grows or ends favours neither.
      for (const run of pair % 2 === 0 ? [runRaw, runAgents] : [runAgents, runRaw]) await run();
    }
    const ratios = agents.map(({ bytesPerSecond }, pair) => bytesPerSecond / raw[pair]!.bytesPerSecond);
    return { ratio: median(ratios), raw: described(raw), agents: described(agents) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Measured {
  readonly bytesPerSecond: number;
  /** What the receiving process used, in milliseconds of one core. */
  readonly processorMsPerMib: number;
}

function described(runs: readonly Measured[]): string {
  const rate = median(runs.map(({ bytesPerSecond }) => bytesPerSecond)) / MIB;
  const processorMs = median(runs.map(({ processorMsPerMib }) => processorMsPerMib));
  return `${rate.toFixed(1)} MiB/s, the receiver's processor time ${processorMs.toFixed(1)} ms/MiB`;
}

interface Seed {
  readonly directory: string;
  readonly manifest: Manifest;
}

/** A store that holds a whole content of random bytes. */
async function makeSeed(directory: string, sizeBytes: number): Promise<Seed> {
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

const childPath = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

async function rawTransfer(sizeBytes: number): Promise<Measured> {
  const child = (role: string, address: string): ChildProcess =>
    fork(childPath('transfer-raw.js'), [role, address, String(sizeBytes)]);
  const receiver = child('receive', DOWNLOADER_ADDRESS);
  const sender = child('send', UPLOADER_ADDRESS);
  return together([sender, receiver], (settle) => {
    sender.on('message', (message) => receiver.send(message as object));
    receiver.on('message', (message: Measured & { kind: string }) => {
      if (message.kind === 'done') settle(message);
      else sender.send(message);
    });
  });
}

async function transfer(seed: Seed, copy: string): Promise<Measured> {
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
  const [uploading, downloading] = [
    fork(childPath('transfer-agent.js')),
    fork(childPath('transfer-agent.js')),
  ];
  return together([uploading, downloading], (settle, fail) => {
    uploading.on('message', (message: Message) => {
      if (message.kind === 'ready') downloading.send(orders.download);
      else if (message.kind === 'failed') fail(new Error(message.message));
      else downloading.send(message);
    });
    downloading.on('message', (message: Message) => {
      if (message.kind === 'done') settle(message);
      else if (message.kind === 'failed') fail(new Error(message.message));
      else uploading.send(message);
    });
    uploading.send(orders.upload);
  });
}

/** What two processes find out together; both are ended. */
async function together<Result>(
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
