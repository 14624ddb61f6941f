import { createContentHasher } from '@fairhop/shared/crypto';
import { BLOCK_BYTES, FairhopError, type Manifest, pieceCount } from '@fairhop/shared/model';
import { createMemoryPieceStore } from '../storage/memory-piece-store.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { BlockRequest, BlockSource, SourceNetwork } from './block-source.js';
import { createDownload, type Download } from './download.js';
import { seededRandom, VirtualTime } from './virtual-time.js';

export function makeContent(
  sizeBytes: number,
  pieceLengthBytes: number,
): { bytes: Buffer; manifest: Manifest } {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 4)
    bytes.writeUInt32LE(Math.imul(at + 1, 0x9e3779b1) >>> 0, Math.min(at, sizeBytes - 4));
  const hasher = createContentHasher({ sizeBytes, pieceLengthBytes });
  hasher.update(bytes);
  return { bytes, manifest: hasher.finish() };
}

interface Queued {
  request: BlockRequest;
  sent: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** One uplink: it serves its transfers in turns, a block each, at its rate; each transfer's requests in order. */
export class VirtualUplink {
  readonly #queues: Queued[][] = [];
  #turn = 0;
  #busy = false;
  sentBytes = 0;
  stalled = false;

  constructor(
    readonly time: VirtualTime,
    readonly bitsPerSecond: number,
    readonly read: (piece: number, offset: number, lengthBytes: number) => Uint8Array,
  ) {}

  /** A transfer from this uplink, as a source of one downloader. */
  source(options: {
    id: string;
    kind: 'peer' | 'edge';
    network: SourceNetwork;
    holds: (piece: number) => boolean;
  }): BlockSource {
    const queue: Queued[] = [];
    this.#queues.push(queue);
    let settle: (reason: string) => void = () => undefined;
    const closed = new Promise<string>((resolve) => {
      settle = resolve;
    });
    return {
      ...options,
      transferId: options.id,
      onChange: undefined,
      closed,
      acknowledge: () => undefined,
      keepReceipt: () => undefined,
      close: (reason) => {
        for (const item of queue.splice(0)) item.reject(new FairhopError('source-closed', reason));
        settle(reason);
      },
      request: (request) =>
        new Promise<void>((resolve, reject) => {
          const item = { request, sent: 0, resolve, reject };
          request.signal.addEventListener('abort', () => {
            const index = queue.indexOf(item);
            if (index >= 0) queue.splice(index, 1);
            reject(new FairhopError('aborted', 'aborted'));
          });
          this.time.after(5, () => {
            if (request.signal.aborted) return;
            queue.push(item);
            this.#pump();
          });
        }),
    };
  }

  /** Sends nothing for a while. */
  stallFor(durationMs: number): void {
    this.stalled = true;
    this.time.after(durationMs, () => {
      this.stalled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#busy || this.stalled) return;
    for (let tries = 0; tries < this.#queues.length; tries++) {
      this.#turn = (this.#turn + 1) % this.#queues.length;
      const item = this.#queues[this.#turn]![0];
      if (!item) continue;
      const { request } = item;
      const length = Math.min(BLOCK_BYTES, request.lengthBytes - item.sent);
      this.#busy = true;
      this.time.after((length * 8000) / this.bitsPerSecond, () => {
        this.#busy = false;
        this.sentBytes += length;
        if (!request.signal.aborted) this.#deliver(item, length);
        this.#pump();
      });
      return;
    }
  }

  #deliver(item: Queued, length: number): void {
    const { request } = item;
    const offset = request.offset + item.sent;
    item.sent += length;
    if (item.sent === request.lengthBytes) {
      for (const queue of this.#queues) if (queue[0] === item) queue.shift();
    }
    request.onData(offset, this.read(request.piece, offset, length));
    if (item.sent === request.lengthBytes) item.resolve();
  }
}

interface VirtualAgent {
  readonly key: string;
  readonly isp: number;
  readonly download: Download;
  readonly store: PieceStore;
  finishedMs: number | undefined;
}

export interface SwarmOptions {
  readonly agentsPerIsp: readonly number[];
  readonly sizeBytes: number;
  readonly uplinkBitsPerSecond: number;
  readonly edgeBitsPerSecond: number;
  readonly downlinkBitsPerSecond: number;
  /** ISPs that do not permit uplinks. */
  readonly noUplinks?: readonly number[];
  readonly seed: number;
}

export interface SwarmResult {
  readonly lastFinishMs: number;
  readonly offload: number;
  readonly copiesPerIsp: number;
  readonly wastedBytes: number;
  /** What the edge sent and what was used of it. */
  readonly edgeSentBytes: number;
  readonly edgeBytes: number;
  readonly agents: readonly VirtualAgent[];
}

/** A swarm of real downloads over virtual links, all starting within one second with nothing. */
export async function runVirtualSwarm(options: SwarmOptions): Promise<SwarmResult> {
  const random = seededRandom(options.seed);
  const time = new VirtualTime();
  const { bytes, manifest } = makeContent(options.sizeBytes, 256 * 1024);
  const read = (piece: number, offset: number, length: number): Uint8Array => {
    const start = piece * manifest.pieceLengthBytes + offset;
    return bytes.subarray(start, start + length);
  };
  const edge = new VirtualUplink(time, options.edgeBitsPerSecond, read);
  const agents: (VirtualAgent & {
    uplink: VirtualUplink;
    listeners: ((gained: number[]) => void)[];
    started: boolean;
  })[] = [];
  options.agentsPerIsp.forEach((count, isp) => {
    for (let index = 0; index < count; index++) {
      const store = createMemoryPieceStore(manifest);
      const key = `agent-${isp}-${index}`;
      const listeners: ((gained: number[]) => void)[] = [];
      const download = createDownload(
        {
          manifest,
          mode: 'rarest',
          rateBitsPerSecond: options.downlinkBitsPerSecond,
          qualityFloorBitsPerSecond: 20e6,
          noSourcesTimeoutMs: 30_000,
          own: key,
        },
        {
          store,
          timers: time,
          random,
          fetchLeaves: async () => Promise.reject(new Error('no leaves')),
          ownAsn: () => isp + 1,
          onVerified: (piece) => {
            for (const listener of listeners) time.after(5, () => listener([piece]));
          },
          onBadData: () => undefined,
        },
      );
      agents.push({
        key,
        isp,
        download,
        store,
        finishedMs: undefined,
        uplink: new VirtualUplink(time, options.uplinkBitsPerSecond, read),
        listeners,
        started: false,
      });
    }
  });
  const uploads = (isp: number): boolean => !options.noUplinks?.includes(isp);
  const connect = (to: (typeof agents)[number], from: (typeof agents)[number]): void => {
    const source = from.uplink.source({
      id: `${from.key}>${to.key}`,
      kind: 'peer',
      network: {
        asn: from.isp + 1,
        isp: String(from.isp),
        onNet: from.isp === to.isp,
        costClass: from.isp === to.isp ? 1 : 3,
      },
      holds: (piece) => from.store.has(piece),
    });
    from.listeners.push((gained) => source.onChange?.(gained));
    to.download.addSource(source, from.key);
  };
  for (const agent of agents) {
    time.after(random() * 1000, () => {
      agent.started = true;
      agent.download.start();
      agent.download.setPeersExpected(true);
      agent.download.addSource(
        edge.source({
          id: `edge>${agent.key}`,
          kind: 'edge',
          network: { asn: 99, isp: 'cdn', onNet: false, costClass: 9 },
          holds: () => true,
        }),
      );
      const started = agents.filter((other) => other.started);
      for (const other of started) {
        const onNet = started.filter((third) => third.isp === other.isp && uploads(third.isp));
        other.download.setFetchers(onNet.map((third) => third.key));
        if (other === agent) continue;
        time.after(300, () => {
          if (uploads(other.isp)) connect(agent, other);
          if (uploads(agent.isp)) connect(other, agent);
        });
      }
      void agent.download.finished.then(() => {
        agent.finishedMs = time.nowMs();
      });
    });
  }
  await time.run(() => agents.every((agent) => agent.finishedMs !== undefined), 600_000);
  const snapshots = agents.map((agent) => agent.download.snapshot());
  const total = snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
  const perIsp = options.agentsPerIsp.map((_, isp) =>
    agents.reduce((sum, agent, index) => sum + (agent.isp === isp ? snapshots[index]!.enteringBytes : 0), 0),
  );
  return {
    lastFinishMs: Math.max(...agents.map((agent) => agent.finishedMs ?? Number.POSITIVE_INFINITY)),
    offload: snapshots.reduce((sum, { bytesFromPeers }) => sum + bytesFromPeers, 0) / total,
    copiesPerIsp: Math.max(...perIsp) / options.sizeBytes,
    wastedBytes: snapshots.reduce((sum, { wastedBytes }) => sum + wastedBytes, 0),
    edgeSentBytes: edge.sentBytes,
    edgeBytes: snapshots.reduce((sum, { bytesFromEdges }) => sum + bytesFromEdges, 0),
    agents: agents.filter((agent) => pieceCount(manifest) > 0 && agent.store.complete),
  };
}
