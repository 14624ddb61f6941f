import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBitfield } from './bitfield.js';
import { decodeFrame } from './decode.js';
import { createDataMessage, encodeFrame } from './encode.js';
import { type Frame, GOODBYE_REASON, type GoodbyeReason, REJECT_REASON, type RejectReason } from './frame.js';
import { FrameError } from './frame-error.js';
import type { Hello } from './hello.js';
import { MAX_DATA_BYTES, MAX_FRAME_BYTES, MAX_REQUEST_BYTES } from './limits.js';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const piece = fc.integer({ min: 0, max: 65_535 });

const base64url = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString('base64url'));
const commonHello = {
  version: fc.constant(1 as const),
  agent: base64url(32),
  grantId: fc.uuid(),
  observedAddress: fc.oneof(fc.ipV4(), fc.constantFrom('::1', '2001:db8::7')),
  signature: base64url(64),
};
const hello: fc.Arbitrary<Hello> = fc.oneof(
  fc.record({ ...commonHello, role: fc.constant('downloader' as const), grant: base64url(600) }),
  fc.record(
    {
      ...commonHello,
      role: fc.constant('uploader' as const),
      permitId: fc.string({ minLength: 1, maxLength: 128 }),
    },
    { requiredKeys: ['version', 'agent', 'grantId', 'observedAddress', 'signature', 'role'] },
  ),
);
const bitfield = fc.integer({ min: 0, max: 5000 }).chain((pieceCount) =>
  fc
    .array(fc.integer({ min: 0, max: Math.max(0, pieceCount - 1) }), {
      maxLength: pieceCount === 0 ? 0 : 50,
    })
    .map((held) => createBitfield(pieceCount, held)),
);
const range = fc
  .integer({ min: 0, max: 16 * 1024 * 1024 - MAX_REQUEST_BYTES })
  .chain((offset) =>
    fc.record({ offset: fc.constant(offset), length: fc.integer({ min: 1, max: MAX_REQUEST_BYTES }) }),
  );

const frame: fc.Arbitrary<Frame> = fc.oneof(
  hello.map((value): Frame => ({ type: 'hello', hello: value })),
  bitfield.map((value): Frame => ({ type: 'bitfield', ...value })),
  fc.array(piece, { minLength: 1, maxLength: 1024 }).map((pieces): Frame => ({ type: 'have', pieces })),
  fc
    .tuple(uint32, piece, range)
    .map(([requestId, index, part]): Frame => ({ type: 'request', requestId, piece: index, ...part })),
  uint32.map((requestId): Frame => ({ type: 'cancel', requestId })),
  fc
    .tuple(uint32, fc.constantFrom(...(Object.keys(REJECT_REASON) as RejectReason[])))
    .map(([requestId, reason]): Frame => ({ type: 'reject', requestId, reason })),
  fc.tuple(uint32, piece, range, fc.uint8Array({ minLength: 1, maxLength: 2000 })).map(
    ([requestId, index, { offset }, bytes]): Frame => ({
      type: 'data',
      requestId,
      piece: index,
      offset,
      bytes,
    }),
  ),
  fc.uint8Array({ minLength: 133, maxLength: 133 }).map((receipt): Frame => ({ type: 'receipt', receipt })),
  fc
    .tuple(
      fc.constantFrom(...(Object.keys(GOODBYE_REASON) as GoodbyeReason[])),
      fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => Buffer.byteLength(text) <= 256),
    )
    .map(([reason, text]): Frame => ({ type: 'goodbye', reason, text })),
);

/** Whatever came: a FrameError, or a frame that stands for exactly these bytes. */
function expectSound(message: Uint8Array): Frame | undefined {
  let decoded: Frame;
  try {
    decoded = decodeFrame(message);
  } catch (error) {
    expect(error).toBeInstanceOf(FrameError);
    expect((error as FrameError).code).toMatch(/^frame-(empty|unknown-type|truncated|oversized|invalid)$/);
    expect((error as FrameError).message.length).toBeLessThan(1000);
    return undefined;
  }
  const again = encodeFrame(decoded);
  // JSON may be written in several ways; what it says must be the same.
  if (decoded.type === 'hello') expect(decodeFrame(again)).toEqual(decoded);
  else expect(hex(again)).toBe(hex(message));
  return decoded;
}

describe('frames', () => {
  it('come back as they were sent', () => {
    fc.assert(
      fc.property(frame, (value) => {
        const message = encodeFrame(value);
        expect(message.length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
        expect(decodeFrame(message)).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  it('are read from the middle of a larger buffer', () => {
    fc.assert(
      fc.property(frame, (value) => {
        const message = encodeFrame(value);
        const larger = Buffer.concat([Buffer.alloc(3, 0xff), message, Buffer.alloc(3, 0xff)]);
        expect(encodeFrame(decodeFrame(larger.subarray(3, 3 + message.length)))).toEqual(message);
      }),
    );
  });

  it('are never made of arbitrary bytes but as those bytes', () => {
    const message = fc.tuple(fc.integer({ min: 0, max: 10 }), fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(message, ([type, body]) => {
        expectSound(body);
        expectSound(Uint8Array.of(type, ...body));
      }),
      { numRuns: 5000 },
    );
  });

  it('survive being cut, lengthened and changed', () => {
    const change = fc.record({ position: fc.nat(), value: fc.integer({ min: 0, max: 255 }) });
    let accepted = 0;
    fc.assert(
      fc.property(
        frame,
        fc.array(change, { maxLength: 3 }),
        fc.nat(),
        fc.uint8Array({ maxLength: 8 }),
        (value, changes, cut, tail) => {
          const message = encodeFrame(value);
          const mutated = Uint8Array.from([
            ...message.subarray(0, message.length - (cut % 3) * (cut % message.length)),
            ...tail,
          ]);
          for (const { position, value: byte } of changes)
            mutated[position % Math.max(1, mutated.length)] = byte;
          if (expectSound(mutated) !== undefined) accepted += 1;
        },
      ),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it.each<[string, Frame, string]>([
    [
      'request',
      { type: 'request', requestId: 258, piece: 7, offset: 0x40000, length: 0x8000 },
      '0400000102000000070004000000008000',
    ],
    ['cancel', { type: 'cancel', requestId: 0xffffffff }, '05ffffffff'],
    ['reject', { type: 'reject', requestId: 3, reason: 'window-full' }, '060000000305'],
    [
      'data',
      { type: 'data', requestId: 1, piece: 2, offset: 3, bytes: bytesOf('deadbeef') },
      '07000000010000000200000003deadbeef',
    ],
    ['receipt', { type: 'receipt', receipt: new Uint8Array(133).fill(0xab) }, `08${'ab'.repeat(133)}`],
    ['have', { type: 'have', pieces: [1, 65535] }, '03000000010000ffff'],
    ['bitfield', { type: 'bitfield', ...createBitfield(10, [0, 9]) }, '020000000a8040'],
    ['goodbye', { type: 'goodbye', reason: 'done', text: 'é' }, '0901c3a9'],
    ['goodbye', { type: 'goodbye', reason: 'failed', text: '\ufeffx' }, '090eefbbbf78'],
  ])('of type %s have this form for ever', (_name, value, expected) => {
    expect(hex(encodeFrame(value))).toBe(expected);
    expect(decodeFrame(bytesOf(expected))).toEqual(value);
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'frame-empty'],
    ['type 0', '00', 'frame-unknown-type'],
    ['type 10', '0a', 'frame-unknown-type'],
    ['a hello without JSON', '01', 'frame-invalid'],
    ['a hello that is no object', `01${Buffer.from('null').toString('hex')}`, 'frame-invalid'],
    ['a hello that is not UTF-8', '017bff7d', 'frame-invalid'],
    ['a hello over the limit', `01${'20'.repeat(16_384)}`, 'frame-oversized'],
    ['a deeply nested hello', `01${'5b'.repeat(16_000)}`, 'frame-invalid'],
    ['a short bitfield', '0200000009ff', 'frame-truncated'],
    ['a long bitfield', '0200000008ffff', 'frame-oversized'],
    ['a bitfield with spare bits', '0200000001c0', 'frame-invalid'],
    ['a bitfield of 2^32 - 1 pieces', '02ffffffff', 'frame-oversized'],
    ['an empty have', '03', 'frame-truncated'],
    ['a broken have', '0300000001ff', 'frame-truncated'],
    ['a have of 1025 pieces', `03${'00000001'.repeat(1025)}`, 'frame-oversized'],
    ['a have of a piece that no content has', '0300010000', 'frame-invalid'],
    ['a short request', '04000001020000000700040000000080', 'frame-truncated'],
    ['a long request', '040000010200000007000400000000800000', 'frame-oversized'],
    ['a request for no bytes', '0400000001000000000000000000000000', 'frame-invalid'],
    ['a request for over 1 MiB', '0400000001000000000000000000100001', 'frame-oversized'],
    ['a request past the longest piece', '04000000010000000000ffffff00000002', 'frame-invalid'],
    ['a request with a huge offset', '04000000010000000fffffffff00000001', 'frame-invalid'],
    ['a short cancel', '05000000', 'frame-truncated'],
    ['an unknown reject reason', '0600000001ff', 'frame-invalid'],
    ['data without bytes', '07000000010000000200000003', 'frame-truncated'],
    ['data past the longest piece', '07000000010000000200ffffffaaaa', 'frame-invalid'],
    ['data over the limit', `07${'00'.repeat(MAX_FRAME_BYTES)}`, 'frame-oversized'],
    ['a short receipt', `08${'00'.repeat(132)}`, 'frame-truncated'],
    ['a long receipt', `08${'00'.repeat(134)}`, 'frame-oversized'],
    ['a goodbye without reason', '09', 'frame-truncated'],
    ['a goodbye with an unknown reason', '09ff', 'frame-invalid'],
    ['a goodbye that is not UTF-8', '0901c3', 'frame-invalid'],
    ['a goodbye over the limit', `0901${'61'.repeat(257)}`, 'frame-oversized'],
  ])('are not %s', (_name, message, code) => {
    expect(() => decodeFrame(bytesOf(message))).toThrow(expect.objectContaining({ code }));
    expectSound(bytesOf(message));
  });
});

describe('data messages', () => {
  it('are filled in place', () => {
    const { message, bytes } = createDataMessage({ requestId: 1, piece: 2, offset: 3 }, 4);
    bytes.set([1, 2, 3, 4]);
    expect(decodeFrame(message)).toEqual({
      type: 'data',
      requestId: 1,
      piece: 2,
      offset: 3,
      bytes: Uint8Array.of(1, 2, 3, 4),
    });
  });

  it('are decoded without a copy, as are receipts and bitfields', () => {
    const messages = [
      createDataMessage({ requestId: 1, piece: 2, offset: 3 }, 4).message,
      encodeFrame({ type: 'receipt', receipt: new Uint8Array(133) }),
      encodeFrame({ type: 'bitfield', ...createBitfield(9, []) }),
    ];
    for (const message of messages) {
      const decoded = decodeFrame(message);
      const view =
        'bytes' in decoded
          ? decoded.bytes
          : 'receipt' in decoded
            ? decoded.receipt
            : 'bits' in decoded
              ? decoded.bits
              : undefined;
      expect(view?.buffer).toBe(message.buffer);
    }
  });

  it('carry up to 64 KiB less a byte and the header', () => {
    const { message } = createDataMessage({ requestId: 1, piece: 0, offset: 0 }, MAX_DATA_BYTES);
    expect(message).toHaveLength(MAX_FRAME_BYTES);
    expect(decodeFrame(message)).toMatchObject({ type: 'data', offset: 0 });
    expect(() => createDataMessage({ requestId: 1, piece: 0, offset: 0 }, MAX_DATA_BYTES + 1)).toThrow(
      expect.objectContaining({ code: 'frame-oversized' }),
    );
  });
});

describe('what is wrong is not sent', () => {
  it.each<Frame>([
    { type: 'cancel', requestId: -1 },
    { type: 'cancel', requestId: 2 ** 32 },
    { type: 'request', requestId: 1, piece: 0, offset: 0.5, length: 1 },
    { type: 'request', requestId: 1, piece: 65_536, offset: 0, length: 1 },
    { type: 'have', pieces: [] },
    { type: 'data', requestId: 1, piece: 0, offset: 0, bytes: new Uint8Array(0) },
    { type: 'receipt', receipt: new Uint8Array(132) },
    { type: 'bitfield', pieceCount: 1, bits: Uint8Array.of(0xff) },
    { type: 'bitfield', pieceCount: 65_537, bits: new Uint8Array(8193) },
  ])('%o', (value) => {
    expect(() => encodeFrame(value)).toThrow(FrameError);
  });

  it('but a goodbye’s text is cut at a character', () => {
    const decoded = decodeFrame(
      encodeFrame({ type: 'goodbye', reason: 'failed', text: `a${'é'.repeat(200)}` }),
    );
    expect(decoded).toEqual({ type: 'goodbye', reason: 'failed', text: `a${'é'.repeat(127)}` });
  });
});
