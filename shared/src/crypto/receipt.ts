import {
  type AgentKey,
  type ContentId,
  contentIdSchema,
  FairhopError,
  type TransferId,
  transferIdSchema,
} from '../model/index.js';
import { domainBytes } from './domain.js';
import { type Identity, KEY_BYTES, keyBytes, SIGNATURE_BYTES, verify } from './identity.js';

/**
 * A receipt is 193 bytes, big endian: version u8 = 1, transfer id 16, content id 32, uploader's key 32, downloader's key
 * 32, cumulative verified bytes u64, time in ms u64, and the downloader's Ed25519 signature 64 over all before it.
 */
const LAYOUT = {
  version: 0,
  transferId: 1,
  contentId: 17,
  uploader: 49,
  downloader: 81,
  cumulativeBytes: 113,
  timeMs: 121,
  signature: 129,
} as const;
export const RECEIPT_BYTES = LAYOUT.signature + SIGNATURE_BYTES;
const VERSION = 1;

/** The downloader's statement of how many bytes of a transfer it has verified since the transfer began. */
export interface Receipt {
  readonly transferId: TransferId;
  readonly contentId: ContentId;
  readonly uploader: AgentKey;
  readonly downloader: AgentKey;
  readonly cumulativeBytes: number;
  /** Coordinator's time. */
  readonly timeMs: number;
}

/** The 193 bytes of a receipt with the given signature. Throws `receipt-invalid`. */
export function encodeReceipt(receipt: Receipt, signature: Uint8Array): Uint8Array {
  if (signature.length !== SIGNATURE_BYTES) {
    throw invalid(`has a signature of ${signature.length} bytes, it must have ${SIGNATURE_BYTES}`);
  }
  const bytes = encodeBody(receipt);
  bytes.set(signature, LAYOUT.signature);
  return bytes;
}

/** The 193 bytes of a receipt, signed by its downloader. Throws `receipt-invalid`. */
export function signReceipt(receipt: Receipt, downloader: Identity): Uint8Array {
  if (downloader.key !== receipt.downloader) {
    throw invalid(`of downloader ${receipt.downloader} cannot be signed by ${downloader.key}`);
  }
  const bytes = encodeBody(receipt);
  bytes.set(downloader.sign(signedBytes(bytes)), LAYOUT.signature);
  return bytes;
}

/**
 * What a receipt states, its signature unchecked. Each value has exactly one encoding.
 * Throws `receipt-size`, `receipt-version`, `receipt-invalid`.
 */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length !== RECEIPT_BYTES) {
    throw invalid(`has ${bytes.length} bytes, it must have ${RECEIPT_BYTES}`, 'receipt-size');
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.readUInt8(LAYOUT.version);
  if (version !== VERSION) throw invalid(`has version ${version}, known is ${VERSION}`, 'receipt-version');
  const transferId = view
    .toString('hex', LAYOUT.transferId, LAYOUT.contentId)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  if (!transferIdSchema.safeParse(transferId).success)
    throw invalid(`has the transfer id ${transferId}, not a UUID`);
  return {
    transferId,
    contentId: view.toString('hex', LAYOUT.contentId, LAYOUT.uploader),
    uploader: view.toString('base64url', LAYOUT.uploader, LAYOUT.downloader),
    downloader: view.toString('base64url', LAYOUT.downloader, LAYOUT.cumulativeBytes),
    cumulativeBytes: readInteger(view, LAYOUT.cumulativeBytes, 'cumulative bytes'),
    timeMs: readInteger(view, LAYOUT.timeMs, 'time'),
  };
}

/** What a receipt states, signed by its downloader. Throws what `decodeReceipt` throws, and `receipt-forged`. */
export function verifyReceipt(bytes: Uint8Array): Receipt {
  const receipt = decodeReceipt(bytes);
  if (verify(receipt.downloader, signedBytes(bytes), bytes.subarray(LAYOUT.signature))) return receipt;
  throw invalid(
    `of transfer ${receipt.transferId} is not signed by its downloader ${receipt.downloader}`,
    'receipt-forged',
  );
}

function encodeBody(receipt: Receipt): Buffer {
  const transferId = receipt.transferId.toLowerCase();
  if (!transferIdSchema.safeParse(transferId).success)
    throw invalid(`needs a UUID as transfer id, not ${transferId}`);
  if (!contentIdSchema.safeParse(receipt.contentId).success) {
    throw invalid(`needs a content id of 64 lower-case hex digits, not ${receipt.contentId}`);
  }
  const bytes = Buffer.alloc(RECEIPT_BYTES);
  bytes.writeUInt8(VERSION, LAYOUT.version);
  bytes.write(transferId.replaceAll('-', ''), LAYOUT.transferId, 'hex');
  bytes.write(receipt.contentId, LAYOUT.contentId, 'hex');
  rawKey(receipt.uploader).copy(bytes, LAYOUT.uploader);
  rawKey(receipt.downloader).copy(bytes, LAYOUT.downloader);
  writeInteger(bytes, LAYOUT.cumulativeBytes, receipt.cumulativeBytes, 'cumulative bytes');
  writeInteger(bytes, LAYOUT.timeMs, receipt.timeMs, 'time');
  return bytes;
}

const signedBytes = (bytes: Uint8Array): Uint8Array =>
  domainBytes('receipt', [bytes.subarray(0, LAYOUT.signature)]);

function rawKey(key: AgentKey): Buffer {
  const raw = keyBytes(key);
  if (raw === undefined) throw invalid(`needs keys of ${KEY_BYTES} bytes in base64url, not ${key}`);
  return raw;
}

function writeInteger(bytes: Buffer, offset: number, value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw invalid(`needs ${name} from 0 to ${Number.MAX_SAFE_INTEGER}, not ${value}`);
  }
  bytes.writeBigUInt64BE(BigInt(value), offset);
}

function readInteger(bytes: Buffer, offset: number, name: string): number {
  const value = bytes.readBigUInt64BE(offset);
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw invalid(`has ${name} of ${value}, at most ${Number.MAX_SAFE_INTEGER} is counted`);
}

function invalid(what: string, code = 'receipt-invalid'): FairhopError {
  return new FairhopError(code, `The receipt ${what}`, { status: 400 });
}
