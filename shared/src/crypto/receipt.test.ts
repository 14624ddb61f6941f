import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { identityFromSeed } from './identity.js';
import { decodeReceipt, encodeReceipt, type Receipt, signReceipt, verifyReceipt } from './receipt.js';

const uploader = identityFromSeed(Buffer.alloc(32, 1));
const downloader = identityFromSeed(Buffer.alloc(32, 2));
const example: Receipt = {
  transferId: '0b2b6e1c-8a11-4f64-9d57-b3f1c9a47f64',
  contentId: 'c0'.repeat(32),
  uploader: uploader.key,
  downloader: downloader.key,
  cumulativeBytes: 1_048_576,
  timeMs: 1_767_225_600_000,
};
const exampleBody =
  '01' + // version
  '0b2b6e1c8a114f649d57b3f1c9a47f64' + // transfer id
  'c0'.repeat(32) + // content id
  '8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c' + // uploader
  '8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394' + // downloader
  '0000000000100000' + // cumulative bytes
  '0000019b76daa800'; // time

const key = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => Buffer.from(bytes).toString('base64url'));
const receipt: fc.Arbitrary<Receipt> = fc.record({
  transferId: fc.uuid(),
  contentId: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex')),
  uploader: key,
  downloader: fc.constant(downloader.key),
  cumulativeBytes: fc.maxSafeNat(),
  timeMs: fc.maxSafeNat(),
});

describe('receipt', () => {
  it('has the fixed form of 193 bytes', () => {
    const bytes = Buffer.from(signReceipt(example, downloader));
    expect(bytes).toHaveLength(193);
    expect(bytes.subarray(0, 129).toString('hex')).toBe(exampleBody);
    // Ed25519 signatures are deterministic; this one was made by an independent implementation (Python, cryptography).
    expect(bytes.subarray(129).toString('hex')).toBe(
      'a5f27d7376d753eaff8f9b58e729e9683c50780d768590e53a192b565304354f' +
        '045a1b963a452fc3ca152898970fb6756471e85355b27882f6889ba0d93dd90b',
    );
  });

  it('comes back as it was signed', () => {
    fc.assert(
      fc.property(receipt, (value) => {
        expect(verifyReceipt(signReceipt(value, downloader))).toEqual(value);
      }),
    );
  });

  it('has one encoding only: what decodes, encodes to the same bytes', () => {
    const bytes = fc.uint8Array({ minLength: 193, maxLength: 193 }).map((random) => {
      random[0] = 1;
      // Counts that are mostly safe, and a UUID's version and variant.
      random[113] = 0;
      random[114]! &= 0x3f;
      random[121] = 0;
      random[122]! &= 0x0f;
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
        expect(Buffer.from(encodeReceipt(value, random.subarray(129)))).toEqual(Buffer.from(random));
      }),
      { numRuns: 500 },
    );
    expect(decoded).toBeGreaterThan(50);
  });

  it('does not verify with any bit changed', () => {
    const signed = signReceipt(example, downloader);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 193 * 8 - 1 }), (bit) => {
        const changed = Uint8Array.from(signed);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => verifyReceipt(changed)).toThrow(
          expect.objectContaining({ code: expect.stringMatching(/^receipt-/) }),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('is the downloader’s: nobody else can sign it', () => {
    expect(() => signReceipt(example, uploader)).toThrow(
      expect.objectContaining({ code: 'receipt-invalid' }),
    );
    const body = signReceipt(example, downloader).subarray(0, 129);
    const forged = encodeReceipt(example, uploader.sign(body));
    expect(() => verifyReceipt(forged)).toThrow(expect.objectContaining({ code: 'receipt-forged' }));
    // Without the context a signature over the same bytes does not count.
    const bare = encodeReceipt(example, downloader.sign(body));
    expect(() => verifyReceipt(bare)).toThrow(expect.objectContaining({ code: 'receipt-forged' }));
  });

  it.each<[string, number, number, string]>([
    ['version', 0, 2, 'receipt-version'],
    ['count over 2^53 - 1', 114, 0x20, 'receipt-invalid'],
    ['time over 2^53 - 1', 121, 0x80, 'receipt-invalid'],
    ['transfer id', 7, 0xff, 'receipt-invalid'],
  ])('is refused with a wrong %s', (_name, offset, value, code) => {
    const bytes = signReceipt(example, downloader);
    bytes[offset] = value;
    expect(() => decodeReceipt(bytes)).toThrow(expect.objectContaining({ code }));
  });

  it('is refused at any other length', () => {
    const bytes = signReceipt(example, downloader);
    for (const wrong of [new Uint8Array(0), bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)])]) {
      expect(() => decodeReceipt(wrong)).toThrow(expect.objectContaining({ code: 'receipt-size' }));
    }
  });

  it.each<Partial<Receipt>>([
    { cumulativeBytes: -1 },
    { cumulativeBytes: 1.5 },
    { cumulativeBytes: 2 ** 53 },
    { timeMs: -1 },
    { transferId: 'none' },
    { contentId: 'C0'.repeat(32) },
    { uploader: 'short' },
  ])('is not made of %o', (change) => {
    expect(() => signReceipt({ ...example, ...change }, downloader)).toThrow(
      expect.objectContaining({ code: 'receipt-invalid' }),
    );
  });
});
