import { randomUUID } from 'node:crypto';
import {
  contextOfGrant,
  createIdentity,
  type Identity,
  receiptDigest,
  verifyReceipt,
} from '@fairhop/shared/crypto';
import { FairhopError, type GrantClaims } from '@fairhop/shared/model';
import { createBitfield, decodeFrame, encodeFrame, type Frame } from '@fairhop/shared/wire';
import { afterAll, describe, expect, it } from 'vitest';
import { makeContent, PIECE_BYTES } from '../upload/transfer-fixture.js';
import { greetDownloader, greetUploader } from './handshake.js';
import { type LinkPair, linkPair, until } from './link-pair.js';
import { createPeerSource, type PeerBlockSource } from './peer-source.js';
import { cleanupRtc, createRtcLink, type RtcLink } from './rtc-link.js';

afterAll(cleanupRtc);

const content = makeContent(2 * PIECE_BYTES + 5);
const { signal } = new AbortController();

interface Ends {
  readonly left: RtcLink;
  readonly right: RtcLink;
}

function makeClaims(uploader: Identity, downloader: Identity): GrantClaims {
  return {
    jti: randomUUID(),
    iss: 'coordinator-1',
    aud: uploader.key,
    iat: 0,
    exp: 4_000_000_000,
    content: content.manifest.contentId,
    title: 'studio/film',
    category: 'video',
    sizeBytes: content.bytes.length,
    uploader: uploader.key,
    downloader: downloader.key,
    maxBytes: content.bytes.length,
    rateBitsPerSecond: 1_000_000,
    permit: { id: 'permit-1', isp: 'sp2', networks: ['127.2.0.0/16'] },
  };
}

/** A downloader that is to hear nothing ends by this. */
const SHORT_MS = 1_000;

/** Greets over two ends; the uploader indicates `permitId`. */
async function greet(
  { left, right }: Ends,
  permitId = 'permit-1',
  forge: Partial<GrantClaims> = {},
  downloaderTimeoutMs = 15_000,
) {
  const [uploader, downloader] = [createIdentity(), createIdentity()];
  const claims = { ...makeClaims(uploader, downloader), ...forge };
  const common = { signal, timeoutMs: 15_000 };
  const both = await Promise.allSettled([
    greetUploader({
      ...common,
      timeoutMs: downloaderTimeoutMs,
      link: left,
      identity: downloader,
      grant: 'a.b.c',
      claims,
    }),
    greetDownloader({
      ...common,
      link: right,
      identity: uploader,
      transferId: claims.jti,
      downloader: downloader.key,
      permitId,
      checkGrant: async () => claims,
    }),
  ]);
  return { both, claims, downloader };
}

interface Downloading {
  source: PeerBlockSource;
  pair: LinkPair;
  uploads: string[];
  receipts: Uint8Array[];
  /** Frames that the uploader got. */
  frames: Frame[];
  send(frame: Frame): void;
}

async function download(
  permitId?: string,
  forge?: Partial<GrantClaims>,
  keep?: () => void,
): Promise<Downloading> {
  const pair = await linkPair();
  const { both, downloader } = await greet(pair, permitId, forge);
  const [mine] = both;
  if (mine.status === 'rejected') throw mine.reason;
  const [uploads, receipts, frames]: [string[], Uint8Array[], Frame[]] = [[], [], []];
  pair.right.onMessage = (message) => frames.push(decodeFrame(message.slice()));
  const network = { asn: 64502, isp: 'sp2', onNet: false, costClass: 3 };
  const source = createPeerSource(
    { link: pair.left, handshake: mine.value, identity: downloader, manifest: content.manifest, network },
    {
      nowMs: () => 1_700_000_000_000,
      onReceipt: ({ bytes }) => {
        keep?.();
        receipts.push(bytes);
      },
      onUploadWithoutPermit: (reason) => uploads.push(reason),
    },
  );
  return { source, pair, uploads, receipts, frames, send: (frame) => pair.right.send(encodeFrame(frame)) };
}

const everything = { type: 'bitfield', ...createBitfield(3, [0, 1, 2]) } as const;

describe('the greeting', () => {
  it('tells both the same', async () => {
    const pair = await linkPair();
    const { both } = await greet(pair);
    expect(both.map((end) => end.status === 'fulfilled' && end.value)).toMatchObject([
      { observedAddressOfMe: '127.1.0.5', observedAddressOfOther: '127.2.0.9', permitId: 'permit-1' },
      { observedAddressOfMe: '127.2.0.9', observedAddressOfOther: '127.1.0.5', permitId: 'permit-1' },
    ]);
    await pair.close();
  });

  it('detects a man in the middle of the signalling, who passes every frame on', async () => {
    const toUploader = await linkPair();
    const toDownloader = await linkPair();
    toUploader.left.onMessage = (message) => toDownloader.right.send(message);
    toDownloader.right.onMessage = (message) => toUploader.left.send(message);
    const ends = { left: toDownloader.left, right: toUploader.right };
    const { both } = await greet(ends, 'permit-1', {}, SHORT_MS);
    expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'hello-forged' } });
    expect(both[0]!.status).toBe('rejected');
    await Promise.all([toUploader.close(), toDownloader.close()]);
  });

  it('takes a certificate that is not the signalled one for no connection', async () => {
    const otherDigits = (text: string): string =>
      text.replace(
        /(fingerprint:sha-256 )([0-9A-F]{2})/,
        (_all, name, byte) => name + (byte === '00' ? '11' : '00'),
      );
    const ends = {} as Record<'left' | 'right', RtcLink>;
    const common = { iceServers: [], signal, timeoutMs: 3_000 };
    ends.left = createRtcLink({
      ...common,
      initiator: true,
      bindAddress: '127.1.0.5',
      onSignal: (text) => ends.right.receiveSignal(otherDigits(text)),
    });
    ends.right = createRtcLink({
      ...common,
      initiator: false,
      bindAddress: '127.2.0.9',
      onSignal: (text) => ends.left.receiveSignal(text),
    });
    await expect(ends.right.opened).rejects.toMatchObject({ code: expect.stringMatching(/^link-/) });
    ends.left.close('test');
  });

  it('is refused from another agent than the grant names', async () => {
    const pair = await linkPair();
    const { both } = await greet(pair, 'permit-1', { downloader: createIdentity().key }, SHORT_MS);
    expect(both[1]).toMatchObject({ status: 'rejected', reason: { code: 'hello-wrong' } });
    await pair.close();
  });
});

describe('a source', () => {
  it('takes what it asked for, and nothing else', async () => {
    const { source, frames, send } = await download();
    send(everything);
    await until(() => source.holds(2));
    const taken: [number, number][] = [];
    const onData = (offset: number, bytes: Uint8Array) => taken.push([offset, bytes.length]);
    const done = source.request({ piece: 1, offset: 16_384, lengthBytes: 32_768, onData, signal });
    await until(() => frames.length === 1);
    expect(frames[0]).toEqual({ type: 'request', requestId: 1, piece: 1, offset: 16_384, length: 32_768 });
    send({ type: 'data', requestId: 1, piece: 1, offset: 16_384, bytes: new Uint8Array(20_000) });
    send({ type: 'data', requestId: 1, piece: 1, offset: 36_384, bytes: new Uint8Array(12_768) });
    await done;
    expect(taken).toEqual([
      [16_384, 20_000],
      [36_384, 12_768],
    ]);
    send({ type: 'data', requestId: 1, piece: 1, offset: 16_384, bytes: new Uint8Array(1) });
    expect(await source.closed).toMatch(/answers no request/);
    expect(source.receivedBytes).toBe(32_768);
  });

  it.each([
    ['of another piece', { requestId: 1, piece: 1, offset: 0, bytes: new Uint8Array(10) }],
    ['from elsewhere in the piece', { requestId: 1, piece: 0, offset: 10, bytes: new Uint8Array(10) }],
    ['past its end', { requestId: 1, piece: 0, offset: 0, bytes: new Uint8Array(101) }],
    ['of another request', { requestId: 2, piece: 0, offset: 0, bytes: new Uint8Array(10) }],
  ])('leaves an uploader that sends data %s', async (_name, data) => {
    const { source, send, frames } = await download();
    send(everything);
    await until(() => source.holds(0));
    const request = source.request({
      piece: 0,
      offset: 0,
      lengthBytes: 100,
      onData: () => undefined,
      signal,
    });
    send({ type: 'data', ...data });
    await expect(request).rejects.toMatchObject({ code: 'source-closed' });
    await until(() => frames.some((frame) => frame.type === 'goodbye' && frame.reason === 'protocol-error'));
  });

  it.each([
    ['a bitfield of another content', encodeFrame({ type: 'bitfield', ...createBitfield(4, []) })],
    ['a have before the bitfield', encodeFrame({ type: 'have', pieces: [0] })],
    ['a request', encodeFrame({ type: 'request', requestId: 1, piece: 0, offset: 0, length: 1 })],
    ['a truncated frame', Uint8Array.of(7, 0, 0)],
    ['nonsense', Uint8Array.of(200, 1, 2, 3)],
  ])('leaves an uploader that sends %s', async (_name, message) => {
    const { source, pair } = await download();
    pair.right.send(message);
    expect(await source.closed).toMatch(/\w/);
    await pair.right.closed;
  });

  it('drops what still comes for a cancelled request', async () => {
    const { source, send, frames, pair } = await download();
    send(everything);
    await until(() => source.holds(0));
    const abort = new AbortController();
    const taken: number[] = [];
    const onData = (offset: number) => taken.push(offset);
    const cancelled = source.request({ piece: 0, offset: 0, lengthBytes: 100, onData, signal: abort.signal });
    const kept = source.request({ piece: 1, offset: 0, lengthBytes: 100, onData, signal });
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'aborted' });
    await until(() => frames.some((frame) => frame.type === 'cancel' && frame.requestId === 1));
    send({ type: 'data', requestId: 1, piece: 0, offset: 0, bytes: new Uint8Array(60) });
    send({ type: 'data', requestId: 2, piece: 1, offset: 0, bytes: new Uint8Array(100) });
    await kept;
    expect(taken).toEqual([0]);
    expect(source.receivedBytes).toBe(100);
    await pair.close();
  });

  it('signs receipts that only grow and follow each other, also those after its end, at the latest when it ends', async () => {
    const { source, send, frames, receipts } = await download();
    send(everything);
    await until(() => source.holds(0));
    const request = source.request({
      piece: 0,
      offset: 0,
      lengthBytes: 100,
      onData: () => undefined,
      signal,
    });
    send({ type: 'data', requestId: 1, piece: 0, offset: 0, bytes: new Uint8Array(100) });
    await request;
    expect(() => source.acknowledge(101)).toThrow(RangeError);
    source.acknowledge(30);
    await until(() => frames.some((frame) => frame.type === 'receipt'));
    source.acknowledge(30);
    // Kept at once; the uploader gets it when it is due.
    source.keepReceipt();
    const signed = () => receipts.map((receipt) => verifyReceipt(receipt, contextOfGrant(source.claims)));
    expect(signed().map(({ cumulativeBytes }) => cumulativeBytes)).toEqual([30, 60]);
    source.close('enough');
    source.acknowledge(40);
    expect(signed().map(({ cumulativeBytes }) => cumulativeBytes)).toEqual([30, 60, 100]);
    expect(signed().map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
    const digests = signed().map(receiptDigest);
    expect(
      signed()
        .slice(1)
        .map(({ previousDigest }) => previousDigest),
    ).toEqual(digests.slice(0, 2));
    await until(() => frames.some((frame) => frame.type === 'goodbye'));
    expect(frames.filter((frame) => frame.type === 'receipt')).toHaveLength(2);
  });

  it('tells of a receipt that cannot be kept, when it is due and at the end, and throws outside of no call', async () => {
    const { source, send, frames } = await download(undefined, undefined, () => {
      throw new FairhopError('disk-full', 'full');
    });
    const failures: Error[] = [];
    source.onFailed = (error) => failures.push(error);
    send(everything);
    await until(() => source.holds(0));
    const request = source.request({
      piece: 0,
      offset: 0,
      lengthBytes: 100,
      onData: () => undefined,
      signal,
    });
    send({ type: 'data', requestId: 1, piece: 0, offset: 0, bytes: new Uint8Array(100) });
    await request;
    source.acknowledge(30);
    await until(() => failures.length === 1);
    source.close('enough');
    expect(failures).toMatchObject([{ code: 'disk-full' }, { code: 'disk-full' }]);
    await until(() => frames.some((frame) => frame.type === 'goodbye'));
    expect(frames.filter((frame) => frame.type === 'receipt')).toEqual([]);
  });

  it('fails what was asked when the uploader is gone', async () => {
    const { source, send, pair } = await download();
    send(everything);
    await until(() => source.holds(0));
    const request = source.request({
      piece: 0,
      offset: 0,
      lengthBytes: 100,
      onData: () => undefined,
      signal,
    });
    pair.right.close('gone');
    await expect(request).rejects.toMatchObject({ code: 'source-closed' });
    await source.closed;
  });
});

describe('an upload without permit', () => {
  it('is none when the permit is right', async () => {
    const { uploads, source } = await download();
    expect(uploads).toEqual([]);
    source.close('done');
  });

  it.each([
    ['indicates another permit', 'permit-2', {}],
    [
      'sends from outside of it',
      'permit-1',
      { permit: { id: 'permit-1', isp: 'sp2', networks: ['127.3.0.0/16'] } },
    ],
    ['indicates none', undefined, { permit: { id: 'permit-0', isp: 'sp2', networks: ['127.2.0.0/16'] } }],
  ])('is counted once and ended when the uploader %s', async (_name, permitId, forge) => {
    const { source, uploads, send } = await download(permitId, forge);
    send(everything);
    await source.closed;
    await expect(
      source.request({ piece: 0, offset: 0, lengthBytes: 10, onData: () => undefined, signal }),
    ).rejects.toMatchObject({ code: 'source-closed' });
    expect(uploads).toHaveLength(1);
    expect(source.holds(0)).toBe(false);
  });
});
