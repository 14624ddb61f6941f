import { randomUUID } from 'node:crypto';
import {
  createPeerSource,
  createUploadTransfer,
  greetDownloader,
  greetUploader,
  type Handshake,
  type PieceStore,
  type RtcLink,
} from '@fairhop/client-agent/testing';
import {
  contextOfGrant,
  createContentHasher,
  createIdentity,
  firstReceiptDigest,
  signReceipt,
} from '@fairhop/shared/crypto';
import { FairhopError, type GrantClaims } from '@fairhop/shared/model';
import { createBitfield, decodeFrame, encodeFrame, type Frame } from '@fairhop/shared/wire';
import { wrongMessages } from './frames.js';
import { mutateBytes } from './mutate.js';
import { createRandom, type Random } from './random.js';
import { codeOf, type FuzzTarget, type Tally } from './target.js';

const PIECE_BYTES = 256 * 1024;
const PIECES = 4;
const CHANNELS = 30;
/** Of one channel; most end it. */
const MESSAGES = 25;
const FINGERPRINT = `sha-256 ${'AB:'.repeat(31)}AB`;

/** One end's view of a channel: messages are put into it, and what it sends is seen. */
interface FedLink extends RtcLink {
  feed(message: Uint8Array): void;
  /** What the end sent since it was asked last. */
  taken(): Frame[];
}

function createFedLink(initiator: boolean, remoteAddress: string): FedLink {
  let sent: Frame[] = [];
  let isClosed = false;
  let gone: (reason: string) => void = () => undefined;
  const closed = new Promise<string>((resolve) => {
    gone = resolve;
  });
  const end = (reason: string): void => {
    isClosed = true;
    gone(reason);
  };
  const link: FedLink = {
    initiator,
    opened: Promise.resolve(),
    closed,
    get isClosed() {
      return isClosed;
    },
    receiveSignal: () => undefined,
    localFingerprint: () => FINGERPRINT,
    remoteFingerprint: () => FINGERPRINT,
    remoteAddress: () => remoteAddress,
    send(message) {
      sent.push(decodeFrame(message.slice()));
      return true;
    },
    bufferedBytes: 0,
    onMessage: undefined,
    onDrain: undefined,
    close: end,
    drop: end,
    feed: (message) => link.onMessage?.(message),
    taken() {
      const frames = sent;
      sent = [];
      return frames;
    },
  };
  return link;
}

const world = () => {
  const [uploader, downloader] = [createIdentity(), createIdentity()];
  const hasher = createContentHasher({ sizeBytes: PIECES * PIECE_BYTES, pieceLengthBytes: PIECE_BYTES });
  hasher.update(Buffer.alloc(PIECES * PIECE_BYTES));
  const manifest = hasher.finish();
  const nowS = Math.floor(Date.now() / 1000);
  const claims: GrantClaims = {
    jti: randomUUID(),
    iss: 'coordinator',
    aud: uploader.key,
    iat: nowS - 60,
    exp: nowS + 86_400,
    content: manifest.contentId,
    title: 'studio/film',
    category: 'video',
    sizeBytes: manifest.sizeBytes,
    uploader: uploader.key,
    downloader: downloader.key,
    maxBytes: manifest.sizeBytes,
    rateBitsPerSecond: 1_000_000_000,
    permit: { id: 'permit-1', isp: 'sp2', networks: ['127.2.0.0/16'] },
  };
  const handshake: Handshake = {
    claims,
    observedAddressOfMe: '127.1.0.5',
    observedAddressOfOther: '127.2.0.9',
    permitId: 'permit-1',
  };
  const store: PieceStore = {
    manifest,
    has: (piece) => piece < PIECES - 1,
    verifiedPieces: PIECES - 1,
    complete: false,
    write: () => Promise.reject(new Error('only read')),
    read: async (_piece, _offset, lengthBytes, into = Buffer.alloc(lengthBytes)) =>
      into.subarray(0, lengthBytes),
    close: async () => undefined,
  };
  return { uploader, downloader, manifest, claims, handshake, store };
};
type World = ReturnType<typeof world>;

/** What an end of a channel did about a message. */
function judge(link: FedLink, message: Uint8Array, tally: Tally): void {
  const answers = link.taken();
  const refusal = answers.find(({ type }) => type === 'reject' || type === 'goodbye');
  if (refusal?.type === 'reject') tally.refused(`reject-${refusal.reason}`);
  else if (refusal?.type !== 'goodbye') tally.accepted();
  // What is nobody's fault ends a channel as `failed`: no message may.
  else if (refusal.reason === 'failed')
    tally.crashed(new Error(refusal.text), Buffer.from(message.subarray(0, 200)).toString('hex'));
  else tally.refused(refusal.reason);
}

/** Requests, cancels and receipts that are right in form and wrong in what they say. */
function askedWrongly({ claims, uploader, downloader }: World, random: Random): Uint8Array {
  const requestId = random.below(8);
  const receipt = (signer = downloader): Uint8Array => {
    const transferId = random.chance(0.5) ? claims.jti : randomUUID();
    return signReceipt(
      {
        transferId,
        sequence: random.below(3),
        cumulativeBytes: random.pick([0, 1, 2 ** 40, PIECE_BYTES]),
        timeMs: Date.now(),
        previousDigest: random.pick([firstReceiptDigest(transferId), 'f'.repeat(64)]),
      },
      { ...contextOfGrant(claims), transferId, downloader: signer.key },
      signer,
    );
  };
  switch (random.below(6)) {
    case 0:
      return encodeFrame({
        type: 'request',
        requestId,
        piece: random.below(9),
        offset: 0,
        length: PIECE_BYTES,
      });
    case 1:
      return encodeFrame({
        type: 'request',
        requestId,
        piece: 0,
        offset: random.below(2 * PIECE_BYTES),
        length: 1 + random.below(PIECE_BYTES),
      });
    case 2:
      return encodeFrame({ type: 'receipt', receipt: receipt() });
    case 3:
      return encodeFrame({ type: 'receipt', receipt: receipt(uploader) });
    case 4:
      return mutateBytes(encodeFrame({ type: 'receipt', receipt: receipt() }), random);
    default:
      return encodeFrame({ type: 'have', pieces: [random.below(9)] });
  }
}

/** Bitfields, data and announcements that nobody asked for, or of another content. */
function servedWrongly(random: Random): Uint8Array {
  const [piece, requestId] = [random.below(2 * PIECES), random.below(6)];
  switch (random.below(5)) {
    case 0:
      return encodeFrame({ type: 'bitfield', ...createBitfield(1 + random.below(9), [0]) });
    case 1:
      return encodeFrame({ type: 'have', pieces: [piece] });
    case 2:
      return encodeFrame({ type: 'reject', requestId, reason: 'busy' });
    case 3:
      return encodeFrame({ type: 'request', requestId, piece, offset: 0, length: 16 });
    default:
      return encodeFrame({
        type: 'data',
        requestId,
        piece,
        offset: random.below(PIECE_BYTES),
        bytes: random.bytes(1 + random.below(64)),
      });
  }
}

function feedUploader(at: World, seed: number, tally: Tally): void {
  const random = createRandom(seed);
  const link = createFedLink(false, '127.1.0.5');
  let nowMs = 0;
  const transfer = createUploadTransfer(
    { link, handshake: at.handshake, store: at.store },
    {
      nowMs: Date.now,
      monotonicMs: () => nowMs,
      wake: () => undefined,
      refusal: () => undefined,
      beforeSend: () => undefined,
      onSent: () => undefined,
      onReceipt: () => undefined,
    },
  );
  link.taken();
  const wrong = wrongMessages(seed, MESSAGES);
  for (const message of wrong) {
    if (link.isClosed) break;
    nowMs += 10;
    const fed = random.chance(0.7) ? askedWrongly(at, random) : message;
    link.feed(fed);
    judge(link, fed, tally);
  }
  transfer.end('done', 'the test is over');
}

function feedDownloader(at: World, seed: number, tally: Tally): void {
  const random = createRandom(seed);
  const link = createFedLink(true, '127.2.0.9');
  const source = createPeerSource(
    {
      link,
      handshake: at.handshake,
      identity: at.downloader,
      manifest: at.manifest,
      network: { asn: 64502, isp: 'sp2', onNet: false, costClass: 3 },
    },
    {
      nowMs: Date.now,
      onReceipt: () => undefined,
      onUploadWithoutPermit: () => undefined,
    },
  );
  if (random.chance(0.8)) link.feed(encodeFrame({ type: 'bitfield', ...createBitfield(PIECES, [0, 1]) }));
  const asked = source.request({
    piece: 0,
    offset: 0,
    lengthBytes: PIECE_BYTES,
    onData: () => undefined,
    signal: new AbortController().signal,
  });
  asked.catch(() => undefined);
  link.taken();
  for (const message of wrongMessages(seed, MESSAGES)) {
    if (link.isClosed) break;
    const fed = random.chance(0.7) ? servedWrongly(random) : message;
    link.feed(fed);
    judge(link, fed, tally);
  }
  source.close('the test is over');
}

/** The first frame of a channel, which has to be a hello of the right agent for the right grant. */
async function feedGreeting(at: World, seed: number, tally: Tally): Promise<void> {
  const { signal } = new AbortController();
  for (const [index, message] of wrongMessages(seed, MESSAGES).entries()) {
    const isUploader = index % 2 === 0;
    const link = createFedLink(!isUploader, isUploader ? '127.1.0.5' : '127.2.0.9');
    const common = { link, signal, timeoutMs: 1_000 };
    const greeting = isUploader
      ? greetDownloader({
          ...common,
          identity: at.uploader,
          transferId: at.claims.jti,
          downloader: at.claims.downloader,
          permitId: 'permit-1',
          checkGrant: () =>
            Promise.reject(new FairhopError('token-malformed', 'not a grant', { status: 401 })),
        })
      : greetUploader({ ...common, identity: at.downloader, grant: 'a.b.c', claims: at.claims });
    link.feed(message);
    try {
      await greeting;
      tally.crashed(new Error('a wrong hello was taken'), Buffer.from(message).toString('hex'));
    } catch (error) {
      if (error instanceof FairhopError) tally.refused(codeOf(error));
      else tally.crashed(error, Buffer.from(message.subarray(0, 200)).toString('hex'));
    }
  }
}

/** Both ends of a channel between agents, from the first frame on, as the other end finds them. */
export const peerChannel: FuzzTarget = {
  name: 'peer-channel',
  sharePercent: 3,
  async open() {
    const at = world();
    return {
      async round(seed, tally) {
        for (let channel = 0; channel < CHANNELS; channel += 1) {
          feedUploader(at, seed * CHANNELS + channel, tally);
          feedDownloader(at, seed * CHANNELS + channel, tally);
        }
        await feedGreeting(at, seed, tally);
      },
      close: async () => undefined,
    };
  },
};
