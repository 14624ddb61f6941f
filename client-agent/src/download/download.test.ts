import { leafLayer } from '@fairhop/shared/crypto';
import { BLOCK_BYTES, FairhopError, type Manifest, pieceCount, pieceSizeBytes } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { createMemoryPieceStore } from '../storage/memory-piece-store.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { BlockSource } from './block-source.js';
import { createDownload, type Download, type DownloadConfig } from './download.js';
import { makeContent, VirtualUplink } from './virtual-swarm.js';
import { seededRandom, VirtualTime } from './virtual-time.js';

const MIB = 1024 * 1024;
const small = makeContent(2 * MIB, 256 * 1024);

interface Bench {
  time: VirtualTime;
  store: PieceStore;
  download: Download;
  bad: { id: string; piece: number; blocks: number[] }[];
  acknowledged: Map<string, number>;
  /** Bytes of each source that a receipt on disk is for. */
  receipted: Map<string, number>;
  outcome: () => 'running' | 'complete' | string;
  run(limitMs?: number): Promise<void>;
  /** A source with its own uplink; `alter` changes what it sends. */
  source(
    id: string,
    options?: {
      kind?: 'peer' | 'edge';
      onNet?: boolean;
      bitsPerSecond?: number;
      holds?: (piece: number) => boolean;
      alter?: (piece: number, offset: number, bytes: Buffer) => void;
    },
  ): { source: BlockSource; uplink: VirtualUplink };
}

function bench(
  { bytes, manifest }: { bytes: Buffer; manifest: Manifest } = small,
  config: Partial<DownloadConfig> = {},
  store: PieceStore = createMemoryPieceStore(manifest),
  leaves = true,
): Bench {
  const time = new VirtualTime();
  const bad: Bench['bad'] = [];
  const acknowledged = new Map<string, number>();
  const receipted = new Map<string, number>();
  let outcome = 'running';
  const download = createDownload(
    {
      manifest,
      mode: 'rarest',
      qualityFloorBitsPerSecond: 0,
      noSourcesTimeoutMs: 5000,
      own: 'me',
      ...config,
    },
    {
      store,
      timers: time,
      random: seededRandom(7),
      fetchLeaves: async (piece) => {
        if (!leaves) throw new Error('no edge');
        const start = piece * manifest.pieceLengthBytes;
        return leafLayer(bytes.subarray(start, start + pieceSizeBytes(manifest, piece)));
      },
      ownAsn: () => 1,
      onVerified: () => undefined,
      onBadData: (source, piece, blocks) => bad.push({ id: source.id, piece, blocks }),
    },
  );
  download.finished.then(
    () => {
      outcome = 'complete';
    },
    (error: Error) => {
      outcome = error instanceof FairhopError ? error.code : error.message;
    },
  );
  return {
    time,
    store,
    download,
    bad,
    acknowledged,
    receipted,
    outcome: () => outcome,
    run: (limitMs = 600_000) => time.run(() => outcome !== 'running', limitMs),
    source: (id, options = {}) => {
      const { kind = 'peer', onNet = true, bitsPerSecond = 50e6, holds = () => true, alter } = options;
      const uplink = new VirtualUplink(time, bitsPerSecond, (piece, offset, length) => {
        const start = piece * manifest.pieceLengthBytes + offset;
        const sent = Buffer.from(bytes.subarray(start, start + length));
        alter?.(piece, offset, sent);
        return sent;
      });
      const source = uplink.source({
        id,
        kind,
        holds,
        network: { asn: onNet ? 1 : 2, isp: onNet ? 'sp1' : 'sp2', onNet, costClass: 0 },
      });
      source.acknowledge = (verified) => acknowledged.set(id, (acknowledged.get(id) ?? 0) + verified);
      source.keepReceipt = () => void receipted.set(id, acknowledged.get(id) ?? 0);
      return { source, uplink };
    },
  };
}

const contentOf = async (store: PieceStore): Promise<Buffer> => {
  const { manifest } = store;
  const pieces = Array.from({ length: pieceCount(manifest) }, (_, piece) =>
    store.read(piece, 0, pieceSizeBytes(manifest, piece)),
  );
  return Buffer.concat(await Promise.all(pieces));
};

describe('a download', () => {
  it('puts the content together from all sources, and acknowledges each verified byte once', async () => {
    const b = bench();
    b.download.addSource(b.source('a').source, 'a');
    b.download.addSource(b.source('b', { onNet: false }).source, 'b');
    b.download.addSource(b.source('e', { kind: 'edge', onNet: false }).source);
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect((await contentOf(b.store)).equals(small.bytes)).toBe(true);
    expect([...b.acknowledged.values()].reduce((sum, bytes) => sum + bytes, 0)).toBe(small.bytes.length);
    const { bytes, bytesFromPeers, bytesFromEdges, onNetBytes, enteringBytes, crossAsBytes } =
      b.download.snapshot();
    expect(bytes).toBe(small.bytes.length);
    expect(bytesFromPeers + bytesFromEdges).toBe(bytes);
    expect(onNetBytes + enteringBytes).toBe(bytes);
    expect(crossAsBytes).toBe(enteringBytes);
  });

  it('takes nothing from the edge or from other ISPs that somebody on-net holds', async () => {
    const b = bench();
    b.download.addSource(b.source('near', { bitsPerSecond: 20e6 }).source, 'near');
    b.download.addSource(b.source('far', { onNet: false }).source, 'far');
    b.download.addSource(b.source('e', { kind: 'edge', onNet: false }).source);
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.download.snapshot().enteringBytes).toBe(0);
  });

  it('goes on from what the store holds', async () => {
    const b = bench();
    for (let piece = 0; piece < 6; piece++)
      await b.store.write(piece, small.bytes.subarray(piece * 262_144, (piece + 1) * 262_144));
    b.download.addSource(b.source('a').source, 'a');
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.download.snapshot().bytes).toBe(2 * 262_144);
  });

  it('finishes from the edge when all peers vanish', async () => {
    const b = bench();
    const peer = b.source('a', { bitsPerSecond: 2e6 });
    b.download.addSource(peer.source, 'a');
    b.download.addSource(b.source('e', { kind: 'edge', onNet: false }).source);
    b.download.start();
    await b.run(2000);
    peer.source.close('gone');
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.download.snapshot().bytesFromEdges).toBeGreaterThan(MIB);
  });

  it('asks elsewhere for what a stalled peer owes', async () => {
    const b = bench();
    const stalled = b.source('stalled');
    stalled.uplink.stalled = true;
    b.download.addSource(stalled.source, 'stalled');
    b.download.addSource(b.source('slow', { bitsPerSecond: 4e6 }).source, 'slow');
    b.download.start();
    await b.run(60_000);
    expect(b.outcome()).toBe('complete');
    expect(b.acknowledged.get('stalled')).toBeUndefined();
  });

  it('keeps to its rate', async () => {
    const b = bench(small, { rateBitsPerSecond: 2e6 });
    b.download.addSource(b.source('a').source, 'a');
    b.download.addSource(b.source('e', { kind: 'edge', onNet: false }).source);
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    const rate = (small.bytes.length * 8000) / b.time.nowMs();
    expect(rate).toBeLessThan(2.5e6);
    expect(rate).toBeGreaterThan(1.7e6);
  });

  it('fetches in order while it plays, and the next pieces from the edge when nobody else has them', async () => {
    const order: number[] = [];
    const memory = createMemoryPieceStore(small.manifest);
    const b = bench(
      small,
      { mode: 'in-order' },
      {
        ...memory,
        get verifiedPieces() {
          return memory.verifiedPieces;
        },
        get complete() {
          return memory.complete;
        },
        write: async (piece, bytes) => {
          order.push(piece);
          await memory.write(piece, bytes);
        },
      },
    );
    b.download.setFetchers(['other']);
    b.download.addSource(b.source('e', { kind: 'edge', onNet: false, bitsPerSecond: 8e6 }).source);
    b.download.addSource(b.source('empty', { holds: () => false }).source, 'empty');
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    order.forEach((piece, index) => {
      expect(Math.abs(piece - index)).toBeLessThanOrEqual(2);
    });
  });

  it('ends when there is no source for a while, keeping what is verified', async () => {
    const b = bench();
    const peer = b.source('a', { bitsPerSecond: 8e6 });
    b.download.addSource(peer.source, 'a');
    b.download.start();
    await b.run(1500);
    peer.source.close('gone');
    await b.run();
    expect(b.outcome()).toBe('no-sources');
    expect(b.store.verifiedPieces).toBeGreaterThan(0);
  });

  it('ends when the disk is full, keeping what is verified', async () => {
    const memory = createMemoryPieceStore(small.manifest);
    let writes = 0;
    const b = bench(
      small,
      {},
      {
        ...memory,
        get verifiedPieces() {
          return memory.verifiedPieces;
        },
        write: async (piece, bytes) => {
          writes += 1;
          if (writes > 3) throw new FairhopError('disk-full', 'full');
          await memory.write(piece, bytes);
        },
      },
    );
    b.download.addSource(b.source('a').source, 'a');
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('disk-full');
    expect(b.store.verifiedPieces).toBe(3);
  });
});

/** A store that calls `before` with what it is about to write. */
const watchedStore = (before: (bytes: Uint8Array) => void): PieceStore => {
  const memory = createMemoryPieceStore(small.manifest);
  return {
    ...memory,
    get verifiedPieces() {
      return memory.verifiedPieces;
    },
    get complete() {
      return memory.complete;
    },
    write: async (piece, bytes) => {
      before(bytes);
      await memory.write(piece, bytes);
    },
  };
};

describe('receipts', () => {
  it('for all bytes of a piece are on disk before the piece is', async () => {
    let writtenBytes = 0;
    const uncovered: number[] = [];
    const b: Bench = bench(
      small,
      {},
      watchedStore((bytes) => {
        writtenBytes += bytes.length;
        const receiptedBytes = [...b.receipted.values()].reduce((sum, receipt) => sum + receipt, 0);
        if (receiptedBytes < writtenBytes) uncovered.push(writtenBytes - receiptedBytes);
      }),
    );
    b.download.addSource(b.source('a', { bitsPerSecond: 3e6 }).source, 'a');
    b.download.addSource(b.source('b').source, 'b');
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(uncovered).toEqual([]);
    expect(writtenBytes).toBe(small.bytes.length);
  });

  it('that cannot be put on disk end the download: what is not accounted for is not held', async () => {
    const b = bench();
    const { source } = b.source('a');
    source.keepReceipt = () => {
      throw new FairhopError('disk-full', 'full');
    };
    b.download.addSource(source, 'a');
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('disk-full');
    expect(b.store.verifiedPieces).toBe(0);
  });
});

it('ends with what a source tells that it cannot keep outside of a call', async () => {
  const b = bench();
  const { source } = b.source('a');
  b.download.addSource(source, 'a');
  b.download.start();
  source.onFailed?.(new FairhopError('disk-full', 'full'));
  await expect(b.download.finished).rejects.toMatchObject({ code: 'disk-full' });
});

describe('with a slow peer of the own ISP that holds everything', () => {
  const film = makeContent(32 * MIB, 256 * 1024);
  const run = async (options: { farBitsPerSecond: number; rateBitsPerSecond?: number }) => {
    const edgeBitsPerSecond = 16e6;
    const { rateBitsPerSecond } = options;
    const b = bench(film, { qualityFloorBitsPerSecond: 20e6, rateBitsPerSecond });
    const far = b.source('far', { onNet: false, bitsPerSecond: options.farBitsPerSecond });
    const edge = b.source('e', { kind: 'edge', onNet: false, bitsPerSecond: edgeBitsPerSecond });
    b.download.addSource(b.source('near', { bitsPerSecond: 4e6 }).source, 'near');
    b.download.addSource(far.source, 'far');
    b.download.addSource(edge.source);
    b.download.start();
    await b.run();
    expect(b.outcome()).toBe('complete');
    const edgeAloneMs = (film.bytes.length * 8000) / Math.min(edgeBitsPerSecond, rateBitsPerSecond ?? 1e9);
    return {
      slowdown: b.time.nowMs() / edgeAloneMs,
      farBytes: far.uplink.sentBytes,
      edgeBytes: edge.uplink.sentBytes,
    };
  };

  it.each([undefined, 16e6])(
    'a download is not slower than from the edge alone (allowed rate %s)',
    async (rate) => {
      const { slowdown, farBytes } = await run({
        farBitsPerSecond: 8e6,
        ...(rate && { rateBitsPerSecond: rate }),
      });
      expect(slowdown).toBeLessThan(1.2);
      expect(farBytes).toBeGreaterThan(film.bytes.length / 4);
    },
  );

  it('peers of other ISPs help before the edge', async () => {
    const { slowdown, farBytes, edgeBytes } = await run({ farBitsPerSecond: 24e6 });
    expect(slowdown).toBeLessThan(1.2);
    expect(farBytes).toBeGreaterThan(2 * edgeBytes);
  });
});

describe('a source', () => {
  const refusing = (b: Bench, reason: string) => {
    const { source } = b.source(reason);
    const counts = { asked: 0, closed: false };
    void source.closed.then(() => {
      counts.closed = true;
    });
    const request: BlockSource['request'] = () => {
      counts.asked += 1;
      return Promise.reject(new FairhopError('rejected', reason, { details: { reason } }));
    };
    b.download.addSource({ ...source, request }, reason);
    return counts;
  };

  it('that is busy rests and is asked again, however often; one that fails is given up', async () => {
    const b = bench();
    const busy = refusing(b, 'busy');
    const broken = refusing(b, 'not-held');
    b.download.start();
    await b.run(120_000);
    expect(busy.closed).toBe(false);
    expect(busy.asked).toBeGreaterThan(8);
    expect(busy.asked).toBeLessThan(40);
    expect(broken).toEqual({ asked: 8, closed: true });
  });
});

describe('wrong bytes', () => {
  const spoil =
    (wrongPiece: number, wrongBlock: number) => (piece: number, offset: number, bytes: Buffer) => {
      if (piece === wrongPiece && Math.floor(offset / BLOCK_BYTES) === wrongBlock) bytes[0] = bytes[0]! ^ 1;
    };

  it('of a piece from one source are that source’s: it is dropped, told, and not asked again', async () => {
    const b = bench();
    b.download.addSource(
      b.source('liar', { alter: (_piece, _offset, bytes) => bytes.fill(0) }).source,
      'liar',
    );
    b.download.start();
    await b.run(1000);
    b.download.addSource(b.source('honest').source, 'honest');
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.bad).toEqual([{ id: 'liar', piece: expect.any(Number), blocks: [] }]);
    expect(b.acknowledged.get('liar')).toBeUndefined();
    expect((await contentOf(b.store)).equals(small.bytes)).toBe(true);
  });

  it('of a piece from several sources are traced to the one that sent them', async () => {
    const one = makeContent(512 * 1024, 512 * 1024);
    const b = bench(one);
    // The slow one is asked first; the fast one comes and takes the second half of what is late.
    b.download.addSource(b.source('slow', { bitsPerSecond: 1e6 }).source, 'slow');
    b.download.start();
    await b.run(300);
    b.download.addSource(b.source('liar', { bitsPerSecond: 20e6, alter: spoil(0, 29) }).source, 'liar');
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.bad).toEqual([{ id: 'liar', piece: 0, blocks: [29] }]);
    expect((await contentOf(b.store)).equals(one.bytes)).toBe(true);
    // What else the liar sent was right, and is acknowledged.
    expect((b.acknowledged.get('liar') ?? 0) + b.acknowledged.get('slow')!).toBe(one.bytes.length);
  });

  it('without a leaf layer are fetched again until the piece is right', async () => {
    const one = makeContent(512 * 1024, 512 * 1024);
    const b = bench(one, {}, undefined, false);
    b.download.addSource(b.source('slow', { bitsPerSecond: 1e6 }).source, 'slow');
    b.download.start();
    await b.run(300);
    let lies = 0;
    const alter = (_piece: number, offset: number, bytes: Buffer): void => {
      if (offset === 29 * BLOCK_BYTES && lies++ < 1) bytes[0] = bytes[0]! ^ 1;
    };
    b.download.addSource(b.source('once', { bitsPerSecond: 20e6, alter }).source, 'once');
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.bad).toEqual([]);
    expect((await contentOf(b.store)).equals(one.bytes)).toBe(true);
  });

  it('of a long piece are found by block, and right blocks are acknowledged before the piece is whole', async () => {
    const long = makeContent(8 * MIB, 8 * MIB);
    const b = bench(long);
    const honest = b.source('honest', { bitsPerSecond: 20e6 });
    b.download.addSource(honest.source, 'honest');
    b.download.addSource(b.source('liar', { bitsPerSecond: 20e6, alter: spoil(0, 200) }).source, 'liar');
    b.download.start();
    await b.run(1000);
    expect(b.store.verifiedPieces).toBe(0);
    expect(b.acknowledged.get('honest')).toBeGreaterThan(MIB);
    await b.run();
    expect(b.outcome()).toBe('complete');
    expect(b.bad.every(({ id, blocks }) => id === 'liar' && blocks.includes(200))).toBe(true);
    const total = [...b.acknowledged.values()].reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBe(long.bytes.length);
    expect((await contentOf(b.store)).equals(long.bytes)).toBe(true);
  });
});
