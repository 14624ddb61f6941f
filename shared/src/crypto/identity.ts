import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { FairhopError, type PublicKey } from '../model/index.js';

/** An Ed25519 signature (RFC 8032). */
export const SIGNATURE_BYTES = 64;
/** A raw Ed25519 public key, and a raw private seed. */
const KEY_BYTES = 32;

/** An Ed25519 key pair. Names an agent, an edge, a coordinator or an ISP's signing key. */
export interface Identity {
  /** Raw public key, 32 bytes as base64url without padding (43 characters). */
  readonly key: PublicKey;
  readonly privateKey: KeyObject;
  /** Ed25519 signature of `bytes`, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
  /** The private key as PKCS #8 PEM. */
  toPem(): string;
}

/** A new identity from the system's randomness. */
export function createIdentity(): Identity {
  return identityFromPrivateKey(generateKeyPairSync('ed25519').privateKey);
}

/** The identity of a 32-byte private seed (RFC 8032 §5.1.5). Throws `identity-invalid`. */
export function identityFromSeed(seed: Uint8Array): Identity {
  if (seed.length !== KEY_BYTES) {
    throw new FairhopError(
      'identity-invalid',
      `An Ed25519 seed has ${KEY_BYTES} bytes, this one has ${seed.length}`,
    );
  }
  const der = Buffer.concat([PKCS8_SEED_PREFIX, seed]);
  return identityFromPrivateKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

/** The identity in a PKCS #8 PEM. Throws `identity-invalid`. */
export function identityFromPem(pem: string): Identity {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: pem, format: 'pem' });
  } catch (cause) {
    throw new FairhopError('identity-invalid', 'The key is not a readable PKCS #8 PEM private key', {
      cause,
    });
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') {
    const type = String(privateKey.asymmetricKeyType);
    throw new FairhopError('identity-invalid', `The key is of type ${type}, it must be Ed25519`);
  }
  return identityFromPrivateKey(privateKey);
}

/**
 * Whether `signature` is `key`'s over exactly `bytes`. A malformed key or signature is one that does not verify: false.
 */
export function verify(key: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES) return false;
  const publicKey = publicKeyObject(key);
  return publicKey !== undefined && verifyBytes(null, bytes, publicKey, signature);
}

/** The raw 32 bytes of a key, or undefined if it is not the canonical base64url of 32 bytes. */
function keyBytes(key: PublicKey): Buffer | undefined {
  if (key.length !== 43) return undefined;
  const bytes = Buffer.from(key, 'base64url');
  // 43 characters hold 258 bits: without this check one key would have four names.
  return bytes.length === KEY_BYTES && bytes.toString('base64url') === key ? bytes : undefined;
}

/**
 * The key as Node's KeyObject, or undefined if it is not a usable Ed25519 public key. Importing costs as much as a
 * verification, so the keys used last are kept.
 */
export function publicKeyObject(key: PublicKey): KeyObject | undefined {
  const known = importedKeys.get(key);
  if (known !== undefined) {
    importedKeys.delete(key);
    importedKeys.set(key, known);
    return known;
  }
  const raw = keyBytes(key);
  if (raw === undefined || hasSmallOrder(raw)) return undefined;
  const imported = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  if (importedKeys.size >= MAX_IMPORTED_KEYS) importedKeys.delete(importedKeys.keys().next().value ?? key);
  importedKeys.set(key, imported);
  return imported;
}

/** Agents that are active on one machine in the same minutes; an imported key takes about 1 KiB. */
const MAX_IMPORTED_KEYS = 16_384;
/** In order of last use. */
const importedKeys = new Map<PublicKey, KeyObject>();

// RFC 8410: the DER around a raw Ed25519 seed and a raw public key is constant.
const PKCS8_SEED_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function identityFromPrivateKey(privateKey: KeyObject): Identity {
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return {
    key: spki.subarray(SPKI_PREFIX.length).toString('base64url'),
    privateKey,
    sign: (bytes) => signBytes(null, bytes, privateKey),
    toPem: () => privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
}

/**
 * Points of order 1, 2, 4 and 8 and their non-canonical encodings. Under such a key one signature fits many messages, so
 * that its owner could deny every receipt, and OpenSSL does not refuse them (Chalkias, Garillot, Nikolaenko: Taming the
 * many EdDSAs, 2020).
 */
const SMALL_ORDER_POINTS = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

function hasSmallOrder(raw: Buffer): boolean {
  const y = Buffer.from(raw);
  // The top bit is the sign of x; a small-order y is one with either sign.
  y[KEY_BYTES - 1] = y[KEY_BYTES - 1]! & 0x7f;
  return SMALL_ORDER_POINTS.has(y.toString('hex'));
}
