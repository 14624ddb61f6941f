import { join } from 'node:path';
import {
  connectPeer,
  createDownload,
  createTransferRecorder,
  createUploader,
  createUploadRecorder,
  createUploadVolume,
  type Outbox,
  openFilePieceStore,
  openOutbox,
  type PeerConnecting,
  systemTimers,
  type UploaderDeps,
} from '@fairhop/client-agent/engine';
import { identityFromPem } from '@fairhop/shared/crypto';
import { type GrantClaims, MAX_PART_MS, type Manifest } from '@fairhop/shared/model';

// One end of an agent's transfer: its uploader over its store, or its download engine with one peer into its store; either
// with its outbox.
// The parent plays the coordinator. It sends the order first.

const OUTBOX = 'reports.db';
const COUNTERS = 'sent.bin';

export interface Order {
  readonly kind: 'order';
  readonly role: 'upload' | 'download';
  readonly bindAddress: string;
  readonly directory: string;
  readonly manifest: Manifest;
  readonly identityPem: string;
  /** Without: `receipts-off.js` is loaded too. */
  readonly hasReceipts: boolean;
  readonly coordinator: { readonly id: string; readonly publicKey: string };
  readonly grant: string;
  readonly claims: GrantClaims;
}

export type Message =
  | Order
  | { kind: 'ready' }
  | { kind: 'signal'; signal: string }
  | { kind: 'done'; bytesPerSecond: number; processorMsPerMib: number; reportBytes: number }
  | { kind: 'sent'; processorMsPerMib: number; receipts: number; reportBytes: number }
  | { kind: 'failed'; message: string }
  | { kind: 'end' };

const tell = (message: Message): void => {
  process.send!(message);
};

/** A run whose outbox warns has not recorded all that it moved. */
const lost = (): void => tell({ kind: 'failed', message: 'the outbox has no room' });

const processorMsPerMib = (since: NodeJS.CpuUsage, { sizeBytes }: Manifest): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000 / (sizeBytes / (1024 * 1024));
};

/** What waits for accounting behind what waited `before`, as JSON. */
const reportBytesOf = (outbox: Outbox, before = 0): number =>
  outbox
    .peek(outbox.size)
    .slice(before)
    .reduce((sum, { record }) => sum + JSON.stringify(record).length, 0);

let takeSignal: (signal: string) => void = () => undefined;
process.on('message', (message: Message) => {
  if (message.kind === 'signal') takeSignal(message.signal);
  else if (message.kind === 'end') process.exit(0);
  else if (message.kind === 'order') {
    (message.role === 'upload' ? upload : download)(message).catch((error: unknown) => {
      tell({ kind: 'failed', message: String(error) });
    });
  }
});

const recordsNothing: UploaderDeps['recorder'] = {
  isUsed: () => false,
  begin: () => ({
    noteSent: () => undefined,
    noteReceipt: () => undefined,
    state: () => undefined,
    end: () => undefined,
  }),
};

async function upload(order: Order): Promise<void> {
  const { claims } = order;
  const store = await openFilePieceStore(order.directory, order.manifest);
  const outbox = openOutbox(join(order.directory, OUTBOX), { warn: lost });
  const volume = createUploadVolume(outbox, Date.now);
  const identity = identityFromPem(order.identityPem);
  const reportsBefore = outbox.size;
  let receipts = 0;
  const recorder = order.hasReceipts
    ? createUploadRecorder(
        { file: join(order.directory, COUNTERS), identity },
        {
          outbox,
          nowMs: Date.now,
          onStated: (transferId, total) => outbox.putUpload(volume.month(), transferId, total),
        },
      )
    : recordsNothing;
  const startUsage = process.cpuUsage();
  const uploader = createUploader(
    {
      identity,
      network: { bindAddress: order.bindAddress, iceServers: [] },
      slots: 1,
      rateBitsPerSecond: Number.POSITIVE_INFINITY,
    },
    {
      coordinator: () => order.coordinator,
      nowMs: Date.now,
      decision: () => ({ ready: true, reasons: [], goodbye: 'stopping', bytesLeft: Number.MAX_SAFE_INTEGER }),
      permitId: () => claims.permit.id,
      storeOf: () => store,
      sendSignal: (_transferId, signal) => tell({ kind: 'signal', signal }),
      onSent: volume.add,
      recorder: {
        ...recorder,
        begin(start) {
          const recorded = recorder.begin(start);
          const noteReceipt: typeof recorded.noteReceipt = (...receipt) => {
            receipts += 1;
            recorded.noteReceipt(...receipt);
          };
          return { ...recorded, noteReceipt };
        },
      },
      onStatementLost: lost,
      onEnded: () =>
        tell({
          kind: 'sent',
          processorMsPerMib: processorMsPerMib(startUsage, order.manifest),
          receipts,
          reportBytes: reportBytesOf(outbox, reportsBefore),
        }),
    },
  );
  uploader.start();
  takeSignal = (signal) => uploader.receiveSignal(claims.jti, claims.downloader, signal);
  tell({ kind: 'ready' });
}

async function download(order: Order): Promise<void> {
  const { manifest, claims } = order;
  const store = await openFilePieceStore(order.directory, manifest);
  const identity = identityFromPem(order.identityPem);
  const outbox = openOutbox(join(order.directory, OUTBOX), { warn: lost });
  const transfer = createTransferRecorder(outbox, MAX_PART_MS).begin({
    transferId: claims.jti,
    grant: order.grant,
    startMs: Date.now(),
    ends: () => ({ uploaderAddress: order.bindAddress, downloaderAddress: order.bindAddress }),
  });
  const connecting: PeerConnecting = connectPeer(
    {
      peer: {
        agent: claims.uploader,
        transferId: claims.jti,
        grant: order.grant,
        asn: 64502,
        isp: 'sp2',
        onNet: false,
        costClass: 0,
        rateBitsPerSecond: claims.rateBitsPerSecond,
        maxBytes: claims.maxBytes,
        expiresMs: claims.exp * 1000,
      },
      manifest,
      identity,
      coordinator: order.coordinator,
      network: { bindAddress: order.bindAddress, iceServers: [] },
      signal: new AbortController().signal,
    },
    {
      nowMs: Date.now,
      sendSignal: (signal) => tell({ kind: 'signal', signal }),
      onReceipt: transfer.receipt,
      onUploadWithoutPermit: (reason) => tell({ kind: 'failed', message: reason }),
    },
  );
  takeSignal = connecting.receiveSignal;
  const source = await connecting.source;
  const engine = createDownload(
    { manifest, mode: 'rarest', qualityFloorBitsPerSecond: 0, noSourcesTimeoutMs: 10_000, own: identity.key },
    {
      store,
      timers: systemTimers,
      random: Math.random,
      fetchLeaves: () => Promise.reject(new Error('one source needs no leaf layers')),
      ownAsn: () => null,
      onVerified: () => undefined,
      onBadData: (_source, piece) => tell({ kind: 'failed', message: `piece ${piece} is wrong` }),
    },
  );
  const [startMs, startUsage] = [performance.now(), process.cpuUsage()];
  engine.start();
  engine.addSource(source, claims.uploader);
  await engine.finished;
  await source.closed;
  const bytesPerSecond = (manifest.sizeBytes * 1000) / (performance.now() - startMs);
  const usedMsPerMib = processorMsPerMib(startUsage, manifest);
  if (!store.complete) throw new Error('the store is not complete');
  const recordedBytes = outbox.openTransfers()[0]?.part.to?.cumulativeBytes;
  const dueBytes = order.hasReceipts ? manifest.sizeBytes : undefined;
  if (recordedBytes !== dueBytes) throw new Error(`receipts are kept for ${recordedBytes} bytes`);
  transfer.end();
  await store.close();
  const reportBytes = reportBytesOf(outbox);
  outbox.close();
  tell({ kind: 'done', bytesPerSecond, processorMsPerMib: usedMsPerMib, reportBytes });
}
