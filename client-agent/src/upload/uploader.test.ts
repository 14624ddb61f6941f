import { randomUUID } from 'node:crypto';
import {
  contradicts,
  createIdentity,
  decodeReceipt,
  firstReceiptDigest,
  type Receipt,
  receiptDigest,
  receiptLink,
  signReceipt,
  statementLink,
  type TransferContext,
  verifyReceipt,
  verifyStatement,
} from '@fairhop/shared/crypto';
import { pieceCount } from '@fairhop/shared/model';
import { decodeFrame, encodeFrame, type Frame } from '@fairhop/shared/wire';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { greetUploader } from '../peer/handshake.js';
import { until } from '../peer/link-pair.js';
import { cleanupRtc, createRtcLink, isOffer, type RtcLink } from '../peer/rtc-link.js';
import {
  createFixture,
  type Fixture,
  type FixtureOptions,
  fetchPiece,
  PIECE_BYTES,
} from './transfer-fixture.js';

const running: Fixture[] = [];
async function fixture(options?: FixtureOptions): Promise<Fixture> {
  const made = await createFixture(options);
  running.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((made) => made.stop()));
});
afterAll(cleanupRtc);

const contentOf = async (made: Fixture, source: Awaited<ReturnType<Fixture['connect']>['source']>) => {
  await until(() => source.holds(0));
  const pieces = Array.from({ length: pieceCount(made.content.manifest) }, (_, piece) => piece);
  return Buffer.concat(await Promise.all(pieces.map((piece) => fetchPiece(source, made.content, piece))));
};

describe('a transfer between two agents', () => {
  it('brings the bytes, and receipts that its uploader keeps', async () => {
    const made = await fixture();
    const source = await made.connect().source;
    const bytes = await contentOf(made, source);
    expect(bytes.equals(made.content.bytes)).toBe(true);
    expect(source.receivedBytes).toBe(bytes.length);
    expect(made.sentBytes()).toBe(bytes.length);
    source.acknowledge(bytes.length - 1);
    source.acknowledge(1);
    await until(() => made.uploader.status()[0]?.acknowledgedBytes === bytes.length);
    expect(made.uploader.ways()).toEqual([
      {
        transferId: made.claims.jti,
        grant: made.grant,
        uploaderAddress: '127.2.0.9',
        downloaderAddress: '127.1.0.5',
      },
    ]);
    expect(made.uploader.status()[0]).toMatchObject({
      downloader: made.downloaderKey.key,
      downloaderAddress: '127.1.0.5',
      sentBytes: bytes.length,
    });
    source.close('all there');
    await until(() => made.ended.length === 1);
    expect(await source.closed).toBe('all there');
    expect(made.withoutPermit).toEqual([]);
    const { receipt } = made.receipts.at(-1)!;
    expect(verifyReceipt(receipt, made.context)).toMatchObject({
      transferId: made.claims.jti,
      cumulativeBytes: bytes.length,
    });
    const [first, last, ...more] = made.statements();
    expect(more).toEqual([]);
    const facts = { type: 'uploader-statement', grant: made.grant, downloaderAddress: '127.1.0.5' };
    expect(first).toMatchObject({ ...facts, sequence: 0, last: false, sentBytes: expect.any(Number) });
    expect(first!.sentBytes).toBeGreaterThan(0);
    expect(first!.receipt).toBeUndefined();
    expect(last).toMatchObject({ ...facts, sequence: 1, last: true, sentBytes: bytes.length });
    const [one, other] = [first!, last!].map((statement) => statementLink(statement, made.context));
    for (const statement of [first!, last!]) verifyStatement(statement, made.context);
    expect(other!.previousDigest).toBe(one!.digest);
    const shown = decodeReceipt(Buffer.from(last!.receipt!, 'base64url'));
    expect(shown.cumulativeBytes).toBe(bytes.length);
  });

  it('of which nothing was sent is stated as that', async () => {
    const made = await fixture();
    const source = await made.connect().source;
    source.close('changed its mind');
    await until(() => made.ended.length === 1);
    expect(made.statements()).toMatchObject([{ sequence: 0, last: true, sentBytes: 0 }]);
  });

  it('tells each end its address as the other sees it', async () => {
    const made = await fixture();
    const source = await made.connect().source;
    expect([source.observedAddressOfMe, source.uploaderAddress()]).toEqual(['127.1.0.5', '127.2.0.9']);
  });

  it('announces pieces as they come', async () => {
    const held = new Set([1]);
    const made = await fixture({ held: (piece) => held.has(piece) });
    const source = await made.connect().source;
    await until(() => source.holds(1));
    expect(source.holds(2)).toBe(false);
    await expect(fetchPiece(source, made.content, 2)).rejects.toMatchObject({
      code: 'rejected',
      details: { reason: 'not-held' },
    });
    let changes = 0;
    source.onChange = () => {
      changes += 1;
    };
    held.add(2);
    made.uploader.announce(made.content.manifest.contentId, [2]);
    await until(() => source.holds(2));
    expect(changes).toBe(1);
    expect((await fetchPiece(source, made.content, 2)).length).toBe(PIECE_BYTES);
  });

  it('goes on after a request was cancelled', async () => {
    const made = await fixture({ sizeBytes: 40 * PIECE_BYTES, claims: { maxBytes: 200 * PIECE_BYTES } });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    for (let turn = 0; turn < 10; turn++) {
      const abort = new AbortController();
      const dropped = fetchPiece(source, made.content, turn, abort.signal);
      const kept = fetchPiece(source, made.content, turn + 20);
      abort.abort();
      await expect(dropped).rejects.toMatchObject({ code: 'aborted' });
      const start = (turn + 20) * PIECE_BYTES;
      expect((await kept).equals(made.content.bytes.subarray(start, start + PIECE_BYTES))).toBe(true);
    }
  });

  it('never serves past the bytes of its grant', async () => {
    const made = await fixture({ claims: { maxBytes: PIECE_BYTES + 1 } });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    await fetchPiece(source, made.content, 0);
    await expect(fetchPiece(source, made.content, 1)).rejects.toMatchObject({
      details: { reason: 'over-limit' },
    });
    expect(made.sentBytes()).toBe(PIECE_BYTES);
  });

  it('stops ahead of receipts that do not come, and goes on when they do', async () => {
    const sizeBytes = 48 * PIECE_BYTES;
    const made = await fixture({ sizeBytes });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    const whole = contentOf(made, source);
    const windowBytes = 8 * 1024 * 1024;
    await until(() => made.sentBytes() === windowBytes);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(made.sentBytes()).toBe(windowBytes);
    source.acknowledge(source.receivedBytes);
    expect((await whole).length).toBe(sizeBytes);
  });

  it('ends at once when its grant is revoked, expires, or its content is withdrawn', async () => {
    let nowMs = 1_700_000_000_000;
    const ends: [RegExp, (made: Fixture) => void][] = [
      [/revoked/, (made) => made.uploader.revoke(made.claims.jti, 'the coordinator says so')],
      [/withdrawn/, (made) => made.uploader.withdraw(made.content.manifest.contentId)],
      [/expired/, () => (nowMs += 3_600_000)],
    ];
    for (const [reason, act] of ends) {
      const made = await fixture({
        nowMs: () => nowMs,
        sizeBytes: 20 * PIECE_BYTES,
        uploader: { rateBitsPerSecond: 1_000_000 },
      });
      const source = await made.connect().source;
      await until(() => source.holds(0));
      const piece = fetchPiece(source, made.content, 0);
      await until(() => source.receivedBytes > 0);
      act(made);
      await expect(piece).rejects.toMatchObject({
        code: 'source-closed',
        message: expect.stringMatching(reason),
      });
      expect(made.sentBytes()).toBeLessThan(PIECE_BYTES);
    }
  });

  it('ends when the user or the permit does not allow it any more', async () => {
    const decision = { ready: true, reasons: [] as string[], goodbye: 'no-consent' as const, bytesLeft: 1 };
    const made = await fixture({ uploaderDeps: { decision: () => decision } });
    const source = await made.connect().source;
    Object.assign(decision, { ready: false, reasons: ['You have not agreed to upload.'] });
    expect(await source.closed).toMatch(/no-consent/);
  });

  it('has no more uploads than slots', async () => {
    const made = await fixture({ uploader: { slots: 0 } });
    made.connect();
    await until(() => made.ended.length === 1);
    expect(made.ended[0]).toMatch(/slots/);
  });

  it('serves no byte more of a grant that comes again on another connection', async () => {
    const made = await fixture({ claims: { maxBytes: PIECE_BYTES } });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    await fetchPiece(source, made.content, 0);
    source.close('done');
    await until(() => made.ended.length === 1);
    const slots = made.uploader.freeSlots;
    let offers = 0;
    const again = made.connect({
      sendSignal(signal) {
        made.uploader.receiveSignal(made.claims.jti, made.downloaderKey.key, signal);
        if (isOffer(signal)) offers += 1;
      },
    });
    await until(() => offers === 1);
    // An offer that is taken has its slot at once.
    expect(made.uploader.freeSlots).toBe(slots);
    again.receiveSignal('{"type":"answer","sdp":"v=0"}');
    await expect(again.source).rejects.toMatchObject({ name: 'FairhopError' });
    expect(made.sentBytes()).toBe(PIECE_BYTES);
  });

  it('turns down what waits when it pauses, and serves again when it goes on', async () => {
    const made = await fixture({ claims: { rateBitsPerSecond: 800_000 } });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    const waiting = [0, 1, 2].map((piece) => fetchPiece(source, made.content, piece));
    await until(() => source.receivedBytes > 0);
    made.uploader.pause();
    const busy = { code: 'rejected', details: { reason: 'busy' } };
    await Promise.all(waiting.map((piece) => expect(piece).rejects.toMatchObject(busy)));
    await expect(fetchPiece(source, made.content, 3)).rejects.toMatchObject(busy);
    made.uploader.resume();
    made.uploader.lower(made.claims.jti, 1_000_000_000);
    expect((await contentOf(made, source)).equals(made.content.bytes)).toBe(true);
  });

  it('sends the right bytes after many cancelled requests, whose memory it uses again', async () => {
    const made = await fixture({ sizeBytes: 24 * PIECE_BYTES, claims: { maxBytes: 1_000_000_000 } });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    for (let round = 0; round < 3; round++) {
      const abort = new AbortController();
      const pieces = Array.from({ length: 12 }, (_, piece) =>
        // A signal of its own for each request, as the engine gives them.
        fetchPiece(source, made.content, piece + round, AbortSignal.any([abort.signal])),
      );
      await pieces[0];
      abort.abort();
      await Promise.allSettled(pieces);
    }
    source.acknowledge(source.receivedBytes);
    expect((await contentOf(made, source)).equals(made.content.bytes)).toBe(true);
  });

  it('begins many uploads at a time without a warning of the process', async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): number => warnings.push(name);
    process.on('warning', onWarning);
    const made = await fixture({ uploader: { slots: 16 } });
    const offer = await new Promise<string>((resolve) => made.connect({ sendSignal: resolve }));
    for (let index = 0; index < 16; index++)
      made.uploader.receiveSignal(randomUUID(), made.downloaderKey.key, offer);
    expect(made.uploader.freeSlots).toBe(0);
    await made.uploader.stop();
    process.off('warning', onWarning);
    // Others come from elsewhere, such as of an experimental feature.
    expect(warnings).not.toContain('MaxListenersExceededWarning');
    expect(made.ended.length).toBe(16);
  });

  it('begins at the rate that it was told before, in place of its grant’s', async () => {
    const made = await fixture({ sizeBytes: 8 * PIECE_BYTES, claims: { rateBitsPerSecond: 80_000_000 } });
    made.uploader.lower(made.claims.jti, 800_000);
    const source = await made.connect().source;
    await until(() => source.holds(0));
    const startMs = performance.now();
    const piece = fetchPiece(source, made.content, 0);
    await until(() => source.receivedBytes > 20_000);
    expect(source.receivedBytes).toBeLessThan((performance.now() - startMs) * 100 + 8192);
    made.uploader.lower(made.claims.jti, 80_000_000);
    await piece;
  });

  it('lowers its rate while it runs', async () => {
    const made = await fixture({ sizeBytes: 8 * PIECE_BYTES, claims: { rateBitsPerSecond: 800_000 } });
    const source = await made.connect().source;
    await until(() => source.holds(0));
    const startMs = performance.now();
    const piece = fetchPiece(source, made.content, 0);
    await until(() => source.receivedBytes > 20_000);
    // 100 bytes in a millisecond, and what a bucket may hold.
    expect(source.receivedBytes).toBeLessThan((performance.now() - startMs) * 100 + 8192);
    made.uploader.lower(made.claims.jti, 80_000_000);
    await piece;
  });
});

describe('a grant that is no good', () => {
  const refusal = async (options: FixtureOptions) => {
    const made = await fixture(options);
    await expect(made.connect().source).rejects.toMatchObject({ name: 'FairhopError' });
    await until(() => made.ended.length === 1);
    expect(made.sentBytes()).toBe(0);
    return made.ended[0]!;
  };

  it('is refused when another coordinator signed it', async () => {
    expect(await refusal({ signer: createIdentity() })).toMatch(/signature/);
  });

  it('is refused when the uploader has another permit or none', async () => {
    expect(await refusal({ uploaderDeps: { permitId: () => 'permit-2' } })).toMatch(/permit/i);
    expect(await refusal({ uploaderDeps: { permitId: () => undefined } })).toMatch(/permit/i);
  });

  it('is refused when the content is not held', async () => {
    expect(await refusal({ uploaderDeps: { storeOf: () => undefined } })).toMatch(/not held/);
  });

  it.each([
    ['expired', { exp: 1_600_000_000 }],
    ['for another uploader', { aud: createIdentity().key }],
    ['of another coordinator', { iss: 'coordinator-2' }],
  ])('is not even tried when it is %s', async (_name, claims) => {
    const made = await fixture({ claims });
    await expect(made.connect().source).rejects.toMatchObject({ code: expect.stringMatching(/^token-/) });
  });
});

describe('an uploader that is seen outside of its permit', () => {
  it('does not upload', async () => {
    const made = await fixture({
      claims: { permit: { id: 'permit-1', isp: 'sp2', networks: ['127.3.0.0/16'] } },
    });
    made.connect();
    await until(() => made.ended.length === 1);
    expect(made.ended[0]).toMatch(/127\.2\.0\.9/);
    expect(made.sentBytes()).toBe(0);
  });
});

describe('a downloader that breaks the rules', () => {
  /** The downloader's end by hand, greeted. */
  const greeted = async (made: Fixture) => {
    let link!: RtcLink;
    made.uploaderSignals((signal) => link.receiveSignal(signal));
    link = createRtcLink({
      initiator: true,
      bindAddress: '127.1.0.5',
      iceServers: [],
      onSignal: (signal) => made.uploader.receiveSignal(made.claims.jti, made.downloaderKey.key, signal),
      signal: new AbortController().signal,
      timeoutMs: 10_000,
    });
    await link.opened;
    await greetUploader({
      link,
      identity: made.downloaderKey,
      grant: made.grant,
      claims: made.claims,
      signal: new AbortController().signal,
      timeoutMs: 10_000,
    });
    const frames: Frame[] = [];
    link.onMessage = (message) => frames.push(decodeFrame(message.slice()));
    await until(() => frames.length > 0);
    return { link, frames };
  };
  const endOf = async (made: Fixture, act: (link: RtcLink) => void): Promise<Frame | undefined> => {
    const { link, frames } = await greeted(made);
    act(link);
    await link.closed;
    return frames.at(-1);
  };
  const signed = (
    made: Fixture,
    cumulativeBytes: number,
    receipt: Partial<Receipt> = {},
    context: Partial<TransferContext> = {},
    identity = made.downloaderKey,
  ) =>
    signReceipt(
      {
        transferId: made.claims.jti,
        sequence: 0,
        cumulativeBytes,
        timeMs: Date.now(),
        previousDigest: firstReceiptDigest(receipt.transferId ?? made.claims.jti),
        ...receipt,
      },
      { ...made.context, downloader: identity.key, ...context },
      identity,
    );

  it.each([
    ['an unknown frame', Uint8Array.of(99)],
    ['an empty frame', new Uint8Array(0)],
    [
      'a truncated request',
      encodeFrame({ type: 'request', requestId: 1, piece: 0, offset: 0, length: 16_384 }).slice(0, 9),
    ],
    [
      'a request that is too long',
      Uint8Array.of(4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff),
    ],
    ['a second hello', Uint8Array.of(1, 0x7b, 0x7d)],
    ['data', encodeFrame({ type: 'data', requestId: 1, piece: 0, offset: 0, bytes: new Uint8Array(10) })],
  ])('is left when it sends %s', async (_name, message) => {
    const made = await fixture();
    expect(await endOf(made, (link) => link.send(message))).toMatchObject({
      type: 'goodbye',
      reason: 'protocol-error',
    });
    await until(() => made.ended.length === 1);
  });

  it.each([
    ['signed by another', (made: Fixture) => signed(made, 0, {}, {}, createIdentity())],
    [
      'of another transfer',
      (made: Fixture) => {
        const transferId = randomUUID();
        return signed(made, 0, { transferId }, { transferId });
      },
    ],
    ['of another uploader', (made: Fixture) => signed(made, 0, {}, { uploader: createIdentity().key })],
    ['of another content', (made: Fixture) => signed(made, 0, {}, { contentId: 'ab'.repeat(32) })],
    [
      'that does not begin its chain',
      (made: Fixture) => signed(made, 0, { previousDigest: '00'.repeat(32) }),
    ],
    [
      'with a broken signature',
      (made: Fixture) => {
        const receipt = signed(made, 0);
        receipt[receipt.length - 1] = receipt.at(-1)! ^ 1;
        return receipt;
      },
    ],
  ])('is left when it sends a receipt %s', async (_name, receipt) => {
    const made = await fixture();
    const last = await endOf(made, (link) =>
      link.send(encodeFrame({ type: 'receipt', receipt: receipt(made) })),
    );
    expect(last).toMatchObject({ type: 'goodbye', reason: 'protocol-error' });
    await until(() => made.ended.length === 1);
    const [statement, ...more] = made.statements();
    expect(more).toEqual([]);
    expect(statement).toMatchObject({ last: true, sentBytes: 0 });
    expect(statement!.receipt).toBeUndefined();
  });

  it('is left when it signs more bytes than were sent, and its receipt is shown', async () => {
    const made = await fixture();
    const receipt = signed(made, 1);
    const last = await endOf(made, (link) => link.send(encodeFrame({ type: 'receipt', receipt })));
    expect(last).toMatchObject({ type: 'goodbye', reason: 'protocol-error' });
    await until(() => made.ended.length === 1);
    const shown = Buffer.from(receipt).toString('base64url');
    expect(made.statements()).toMatchObject([{ last: true, sentBytes: 0, receipt: shown }]);
  });

  it.each<[string, (first: Receipt) => Partial<Receipt>]>([
    ['forks its receipts', () => ({ sequence: 1, previousDigest: '11'.repeat(32), cumulativeBytes: 20 })],
    ['signs one sequence twice', () => ({ sequence: 0, cumulativeBytes: 20 })],
    [
      'takes bytes back',
      (first) => ({ sequence: 1, previousDigest: receiptDigest(first), cumulativeBytes: 9 }),
    ],
    ['takes bytes back later', () => ({ sequence: 7, previousDigest: '11'.repeat(32), cumulativeBytes: 9 })],
  ])('is left when it %s, and both receipts are shown', async (_name, change) => {
    const made = await fixture();
    const { link, frames } = await greeted(made);
    link.send(encodeFrame({ type: 'request', requestId: 1, piece: 0, offset: 0, length: 16_384 }));
    await until(() => frames.some((frame) => frame.type === 'data'));
    const first = signed(made, 10);
    const stated = decodeReceipt(first);
    const second = signed(made, 10, change(stated));
    for (const receipt of [first, second]) link.send(encodeFrame({ type: 'receipt', receipt }));
    await link.closed;
    await until(() => made.ended.length === 1);
    expect(frames.at(-1)).toMatchObject({ type: 'goodbye', reason: 'protocol-error' });
    const shown = made.statements().flatMap(({ receipt }) => (receipt === undefined ? [] : [receipt]));
    const [one, other] = shown.map((receipt) => decodeReceipt(Buffer.from(receipt, 'base64url')));
    expect(shown).toHaveLength(2);
    expect(contradicts(receiptLink(one!), receiptLink(other!))).toBeDefined();
  });

  it('may leave out receipts', async () => {
    const made = await fixture();
    const { link, frames } = await greeted(made);
    link.send(encodeFrame({ type: 'request', requestId: 1, piece: 0, offset: 0, length: 16_384 }));
    await until(() => frames.some((frame) => frame.type === 'data'));
    for (const receipt of [
      signed(made, 10),
      signed(made, 20, { sequence: 5, previousDigest: '11'.repeat(32) }),
    ])
      link.send(encodeFrame({ type: 'receipt', receipt }));
    await until(() => made.uploader.status()[0]?.acknowledgedBytes === 20);
    link.close('done');
  });

  it('gets no request answered that is outside of the content', async () => {
    const made = await fixture();
    const { link, frames } = await greeted(made);
    const request = { type: 'request', piece: 3, offset: 0, length: 16_384 } as const;
    link.send(encodeFrame({ ...request, requestId: 1 }));
    link.send(encodeFrame({ ...request, requestId: 2, piece: 4 }));
    await until(() => frames.length === 3);
    expect(frames.slice(1)).toEqual([
      { type: 'reject', requestId: 1, reason: 'bad-request' },
      { type: 'reject', requestId: 2, reason: 'bad-request' },
    ]);
    link.close('done');
  });

  it('has a bounded queue', async () => {
    const made = await fixture({
      claims: { maxBytes: 1_000_000_000 },
      uploader: { rateBitsPerSecond: 8_000 },
    });
    const { link, frames } = await greeted(made);
    for (let requestId = 1; requestId <= 300; requestId++) {
      link.send(encodeFrame({ type: 'request', requestId, piece: 0, offset: 0, length: 16_384 }));
    }
    const rejected = () => frames.filter((frame) => frame.type === 'reject');
    await until(() => rejected().length === 44);
    expect(rejected().every((frame) => frame.type === 'reject' && frame.reason === 'busy')).toBe(true);
    link.close('done');
  });
});
