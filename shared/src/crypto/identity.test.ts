import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdentity, identityFromPem, identityFromSeed, publicKeyObject, verify } from './identity.js';

const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const keyOfHex = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url');

describe('identity', () => {
  it('gives the keys and signatures of RFC 8032 §7.1, test 2', () => {
    const identity = identityFromSeed(
      Buffer.from('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', 'hex'),
    );
    expect(identity.key).toBe(keyOfHex('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'));
    expect(Buffer.from(identity.sign(Uint8Array.of(0x72))).toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  it('signs so that only its key verifies, and only the same bytes', () => {
    const [alice, bob] = [createIdentity(), createIdentity()];
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, position, flip) => {
        const signature = alice.sign(bytes);
        expect(signature).toHaveLength(64);
        expect(verify(alice.key, bytes, signature)).toBe(true);
        expect(verify(bob.key, bytes, signature)).toBe(false);
        expect(verify(alice.key, Buffer.concat([bytes, Buffer.alloc(1)]), signature)).toBe(false);
        const changed = Uint8Array.from(signature);
        changed[position % 64]! ^= flip;
        expect(verify(alice.key, bytes, changed)).toBe(false);
      }),
    );
  });

  it('is the same after a round trip through PEM', () => {
    const identity = createIdentity();
    expect(identity.key).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const restored = identityFromPem(identity.toPem());
    expect(restored.key).toBe(identity.key);
    expect(verify(identity.key, utf8('x'), restored.sign(utf8('x')))).toBe(true);
  });

  it('verifies with many more keys than it keeps imported', () => {
    const first = createIdentity();
    const signature = first.sign(utf8('x'));
    for (let round = 0; round < 17_000; round++) {
      const key = Buffer.alloc(32, 7);
      key.writeUInt32BE(round);
      publicKeyObject(key.toString('base64url'));
    }
    expect(verify(first.key, utf8('x'), signature)).toBe(true);
  });

  it('verifies nothing under a malformed key or with a signature of another length', () => {
    const identity = createIdentity();
    const signature = identity.sign(utf8('x'));
    for (const key of ['', 'x', identity.key.slice(1), `${identity.key}A`, '!'.repeat(43)]) {
      expect(verify(key, utf8('x'), signature)).toBe(false);
    }
    expect(verify(identity.key, utf8('x'), signature.subarray(1))).toBe(false);
    expect(verify(identity.key, utf8('x'), Buffer.concat([signature, Buffer.alloc(1)]))).toBe(false);
  });

  it('knows a key by one name only', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const identity = createIdentity();
    const last = alphabet.indexOf(identity.key.at(-1)!);
    const alias = identity.key.slice(0, -1) + alphabet[last + 1];
    expect(Buffer.from(alias, 'base64url')).toEqual(Buffer.from(identity.key, 'base64url'));
    expect(verify(alias, utf8('x'), identity.sign(utf8('x')))).toBe(false);
  });

  it('refuses keys under which one signature fits any message', () => {
    const one = `01${'00'.repeat(31)}`;
    const signature = Buffer.from(one + '00'.repeat(32), 'hex');
    for (const hex of [one, `01${'00'.repeat(30)}80`, `ee${'ff'.repeat(30)}7f`]) {
      expect(verify(keyOfHex(hex), utf8('any message'), signature)).toBe(false);
    }
  });

  it('refuses seeds and PEMs that are not Ed25519 keys', () => {
    expect(() => identityFromSeed(Buffer.alloc(31))).toThrow(/32 bytes, this one has 31/);
    expect(() => identityFromPem('nonsense')).toThrow(expect.objectContaining({ code: 'identity-invalid' }));
  });
});
