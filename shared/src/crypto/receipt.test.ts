import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { domainBytes, type TransferContext } from './domain.js';
import { createIdentity, identityFromSeed } from './identity.js';
import {
  decodeReceipt,
  encodeReceipt,
  firstReceiptDigest,
  type Receipt,
  receiptDigest,
  signReceipt,
  verifyReceipt,
} from './receipt.js';

const uploader = identityFromSeed(Buffer.alloc(32, 1));
const downloader = identityFromSeed(Buffer.alloc(32, 2));
const transferId = '0b2b6e1c-8a11-4f64-9d57-b3f1c9a47f64';
const context: TransferContext = {
  transferId,
  contentId: 'c0'.repeat(32),
  uploader: uploader.key,
  downloader: downloader.key,
};
const example: Receipt = {
  transferId,
  sequence: 0,
  cumulativeBytes: 1_048_576,
  timeMs: 1_767_225_600_000,
  previousDigest: firstReceiptDigest(transferId),
};
const exampleBody =
  '02' + // version
  '0b2b6e1c8a114f649d57b3f1c9a47f64' + // transfer id
  '00000000' + // sequence
  '0000000000100000' + // cumulative bytes
  '0000019b76daa800' + // time
  '9f86cf606ceefc40005cc933517bda1219754de8bcf82960682bd7e919c1de79'; // digest of the receipt before

const digest = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('hex'));
const receipt: fc.Arbitrary<Receipt> = fc.record({
  transferId: fc.constant(transferId),
  sequence: fc.integer({ min: 1, max: 0xffff_ffff }),
  cumulativeBytes: fc.maxSafeNat(),
  timeMs: fc.maxSafeNat(),
  previousDigest: digest,
});

describe('receipt', () => {
  it('has the fixed form of 133 bytes', () => {
    const bytes = Buffer.from(signReceipt(example, context, downloader));
    expect(bytes).toHaveLength(133);
    expect(bytes.subarray(0, 69).toString('hex')).toBe(exampleBody);
    // Ed25519 signatures are deterministic; this one was made by an independent implementation (Python, cryptography).
    expect(bytes.subarray(69).toString('hex')).toBe(
      'd2373a7c08a39605ad9f30f6127170e1309a1d6236fac66f0855b417ee850201' +
        '5d7d3de3eecacbb9801f06689b50335a16b292f1de554ef48670963576e8600f',
    );
    expect(receiptDigest(example)).toBe('bf8c38cabac90717cfbd7ac9ec4df69db17b76c6c90222697bb19f1b8ac05177');
  });

  it('comes back as it was signed', () => {
    fc.assert(
      fc.property(receipt, (value) => {
        expect(verifyReceipt(signReceipt(value, context, downloader), context)).toEqual(value);
      }),
    );
  });

  it('has one encoding only: what decodes, encodes to the same bytes', () => {
    const bytes = fc.uint8Array({ minLength: 133, maxLength: 133 }).map((random) => {
      random[0] = 2;
      // Counts that are mostly safe, and a UUID's version and variant.
      random[21] = 0;
      random[22]! &= 0x3f;
      random[29] = 0;
      random[30]! &= 0x0f;
      random[7] = (random[7]! & 0x0f) | 0x40;
      random[9] = (random[9]! & 0x3f) | 0x80;
      return random;
    });
    let decoded = 0;
    fc.assert(
      fc.property(bytes, (random) => {
        let value: Receipt;
        try {
          value = decodeReceipt(random);
        } catch (error) {
          expect(error).toMatchObject({ code: 'receipt-invalid' });
          return;
        }
        decoded += 1;
        expect(Buffer.from(encodeReceipt(value, random.subarray(69)))).toEqual(Buffer.from(random));
      }),
      { numRuns: 500 },
    );
    expect(decoded).toBeGreaterThan(50);
  });

  it('does not verify with any bit changed', () => {
    const signed = signReceipt(example, context, downloader);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 133 * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(signed);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => verifyReceipt(changed, context)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^receipt-/) }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is bound to the context that it does not carry', () => {
    const bytes = signReceipt(example, context, downloader);
    const others: [Partial<TransferContext>, string][] = [
      [{ contentId: 'c1'.repeat(32) }, 'receipt-forged'],
      [{ uploader: createIdentity().key }, 'receipt-forged'],
      [{ downloader: createIdentity().key }, 'receipt-forged'],
      [{ transferId: '0b2b6e1c-8a11-4f64-9d57-b3f1c9a47f65' }, 'receipt-mismatch'],
    ];
    for (const [change, code] of others) {
      expect(() => verifyReceipt(bytes, { ...context, ...change })).toThrow(
        expect.objectContaining({ code }),
      );
    }
  });

  it('is the downloader’s: nobody else can sign it', () => {
    expect(() => signReceipt(example, context, uploader)).toThrow(
      expect.objectContaining({ code: 'receipt-invalid' }),
    );
    const body = signReceipt(example, context, downloader).subarray(0, 69);
    const signed = domainBytes('receipt', [body, context.contentId, context.uploader, context.downloader]);
    const forged = encodeReceipt(example, uploader.sign(signed));
    expect(() => verifyReceipt(forged, context)).toThrow(expect.objectContaining({ code: 'receipt-forged' }));
    // Without what is around it a signature over the same bytes does not count.
    for (const bytes of [body, domainBytes('receipt', [body])]) {
      const bare = encodeReceipt(example, downloader.sign(bytes));
      expect(() => verifyReceipt(bare, context)).toThrow(expect.objectContaining({ code: 'receipt-forged' }));
    }
  });

  it('that is the first one of its transfer follows nothing else', () => {
    const wrong = signReceipt({ ...example, previousDigest: '00'.repeat(32) }, context, downloader);
    expect(() => verifyReceipt(wrong, context)).toThrow(expect.objectContaining({ code: 'receipt-chain' }));
  });

  it('has a digest of what it states, whoever signs it', () => {
    const signed = signReceipt(example, context, downloader);
    const other = encodeReceipt(example, new Uint8Array(64));
    expect(receiptDigest(decodeReceipt(other))).toBe(receiptDigest(decodeReceipt(signed)));
    const changes: Partial<Receipt>[] = [
      {},
      { sequence: 1 },
      { cumulativeBytes: 1 },
      { timeMs: 1 },
      { previousDigest: '11'.repeat(32) },
      { transferId: '0b2b6e1c-8a11-4f64-9d57-b3f1c9a47f65' },
    ];
    const digests = changes.map((change) => receiptDigest({ ...example, ...change }));
    expect(new Set(digests).size).toBe(changes.length);
  });

  it.each<[string, number, number, string]>([
    ['version', 0, 1, 'receipt-version'],
    ['count over 2^53 - 1', 22, 0x20, 'receipt-invalid'],
    ['time over 2^53 - 1', 29, 0x80, 'receipt-invalid'],
    ['transfer id', 7, 0xff, 'receipt-invalid'],
  ])('is refused with a wrong %s', (_name, offset, value, code) => {
    const bytes = signReceipt(example, context, downloader);
    bytes[offset] = value;
    expect(() => decodeReceipt(bytes)).toThrow(expect.objectContaining({ code }));
  });

  it('is refused at any other length, and as one of the first version', () => {
    const bytes = signReceipt(example, context, downloader);
    for (const wrong of [
      new Uint8Array(0),
      bytes.subarray(0, 1),
      bytes.subarray(0, 132),
      Buffer.concat([bytes, bytes]),
    ]) {
      expect(() => decodeReceipt(wrong)).toThrow(expect.objectContaining({ code: 'receipt-size' }));
    }
    expect(() => decodeReceipt(Buffer.alloc(193, 1))).toThrow(
      expect.objectContaining({ code: 'receipt-version' }),
    );
  });

  it.each<Partial<Receipt>>([
    { cumulativeBytes: -1 },
    { cumulativeBytes: 1.5 },
    { cumulativeBytes: 2 ** 53 },
    { timeMs: -1 },
    { transferId: 'none' },
    { transferId: transferId.toUpperCase() },
    { sequence: -1 },
    { sequence: 2 ** 32 },
    { previousDigest: 'C0'.repeat(32) },
  ])('is not made of %o', (change) => {
    expect(() => signReceipt({ ...example, ...change }, context, downloader)).toThrow(
      expect.objectContaining({ code: 'receipt-invalid' }),
    );
  });
});
