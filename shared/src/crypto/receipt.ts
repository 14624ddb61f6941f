import { FairhopError, type TransferId, transferIdSchema } from '../model/index.js';
import type { ChainLink } from './chain.js';
import { domainBytes, type TransferContext } from './domain.js';
import { HASH_BYTES, sha256 } from './hash-tree.js';
import { type Identity, SIGNATURE_BYTES, verify } from './identity.js';

/**
 * A receipt is 133 bytes, big endian: version u8 = 2, transfer id 16, sequence u32, cumulative verified bytes u64, time in ms u64,
 * digest of the receipt before 32, and the downloader's Ed25519 signature 64 over all before it and the transfer's context. Each
 * receipt commits to all before it (Aditya et al., Reliable Client Accounting, NSDI 2012).
 */
const LAYOUT = {
  version: 0,
  transferId: 1,
  sequence: 17,
  cumulativeBytes: 21,
  timeMs: 29,
  previousDigest: 37,
  signature: 69,
} as const;
export const RECEIPT_BYTES = LAYOUT.signature + SIGNATURE_BYTES;
const VERSION = 2;
const MAX_SEQUENCE = 0xffff_ffff;

/** The downloader's statement of how many bytes of a transfer it has verified since the transfer began. */
export interface Receipt {
  /** In lower case. */
  readonly transferId: TransferId;
  /** Of this transfer, from 0; not each receipt is sent, so that there may be gaps. */
  readonly sequence: number;
  readonly cumulativeBytes: number;
  /** Coordinator's time. */
  readonly timeMs: number;
  /** `receiptDigest` of the receipt before, lower-case hex; of the first one `firstReceiptDigest`. */
  readonly previousDigest: string;
}

/** What stands before the first receipt of a transfer. */
export const firstReceiptDigest = (transferId: TransferId): string =>
  sha256(domainBytes('receipt-chain', [transferId])).toString('hex');

/** SHA-256 of a receipt's 69 bytes before its signature: another signature under the same words is no other word. */
export const receiptDigest = (receipt: Receipt): string =>
  sha256(encodeBody(receipt).subarray(0, LAYOUT.signature)).toString('hex');

export const receiptLink = (receipt: Receipt): ChainLink => ({
  sequence: receipt.sequence,
  digest: receiptDigest(receipt),
  previousDigest: receipt.previousDigest,
  bytes: receipt.cumulativeBytes,
  timeMs: receipt.timeMs,
});

/** The 133 bytes of a receipt with the given signature. Throws `receipt-invalid`. */
export function encodeReceipt(receipt: Receipt, signature: Uint8Array): Uint8Array {
  if (signature.length !== SIGNATURE_BYTES) {
    throw invalid(`has a signature of ${signature.length} bytes, it must have ${SIGNATURE_BYTES}`);
  }
  const bytes = encodeBody(receipt);
  bytes.set(signature, LAYOUT.signature);
  return bytes;
}

/** The 133 bytes of a receipt, signed by its downloader. Throws `receipt-invalid`. */
export function signReceipt(receipt: Receipt, context: TransferContext, downloader: Identity): Uint8Array {
  if (downloader.key !== context.downloader) {
    throw invalid(`of downloader ${context.downloader} cannot be signed by ${downloader.key}`);
  }
  if (receipt.transferId !== context.transferId) {
    throw invalid(`of transfer ${receipt.transferId} cannot be signed for ${context.transferId}`);
  }
  const bytes = encodeBody(receipt);
  bytes.set(downloader.sign(signedBytes(bytes, context)), LAYOUT.signature);
  return bytes;
}

/**
 * What a receipt states, its signature unchecked. Each value has exactly one encoding.
 * Throws `receipt-size`, `receipt-version`, `receipt-invalid`.
 */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  if (bytes.length > 0 && bytes[LAYOUT.version] !== VERSION)
    throw invalid(`has version ${bytes[LAYOUT.version]}, known is ${VERSION}`, 'receipt-version');
  if (bytes.length !== RECEIPT_BYTES) {
    throw invalid(`has ${bytes.length} bytes, it must have ${RECEIPT_BYTES}`, 'receipt-size');
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const transferId = view
    .toString('hex', LAYOUT.transferId, LAYOUT.sequence)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  if (!transferIdSchema.safeParse(transferId).success)
    throw invalid(`has the transfer id ${transferId}, not a UUID`);
  return {
    transferId,
    sequence: view.readUInt32BE(LAYOUT.sequence),
    cumulativeBytes: readInteger(view, LAYOUT.cumulativeBytes, 'cumulative bytes'),
    timeMs: readInteger(view, LAYOUT.timeMs, 'time'),
    previousDigest: view.toString('hex', LAYOUT.previousDigest, LAYOUT.signature),
  };
}

/**
 * What a receipt states, signed by its downloader for this transfer. Throws what `decodeReceipt` throws, and `receipt-mismatch`
 * (of another transfer), `receipt-forged` and `receipt-chain` (a first one that follows something).
 */
export function verifyReceipt(bytes: Uint8Array, context: TransferContext): Receipt {
  const receipt = decodeReceipt(bytes);
  const { transferId, sequence, previousDigest } = receipt;
  if (transferId !== context.transferId) {
    throw invalid(`is of transfer ${transferId}, expected ${context.transferId}`, 'receipt-mismatch');
  }
  if (!verify(context.downloader, signedBytes(bytes, context), bytes.subarray(LAYOUT.signature))) {
    const parties = `content ${context.contentId}, uploader ${context.uploader}, downloader ${context.downloader}`;
    throw invalid(
      `of transfer ${transferId} is not signed by its downloader for ${parties}`,
      'receipt-forged',
    );
  }
  if (sequence === 0 && previousDigest !== firstReceiptDigest(transferId)) {
    throw invalid(
      `of transfer ${transferId} is its first one and follows ${previousDigest}`,
      'receipt-chain',
    );
  }
  return receipt;
}

function encodeBody(receipt: Receipt): Buffer {
  const { transferId, sequence, previousDigest } = receipt;
  if (!transferIdSchema.safeParse(transferId).success || transferId !== transferId.toLowerCase())
    throw invalid(`needs a UUID in lower case as transfer id, not ${transferId}`);
  if (!Number.isInteger(sequence) || sequence < 0 || sequence > MAX_SEQUENCE)
    throw invalid(`needs a sequence from 0 to ${MAX_SEQUENCE}, not ${sequence}`);
  if (!/^[0-9a-f]{64}$/.test(previousDigest))
    throw invalid(`needs a digest of ${2 * HASH_BYTES} lower-case hex digits, not ${previousDigest}`);
  const bytes = Buffer.alloc(RECEIPT_BYTES);
  bytes.writeUInt8(VERSION, LAYOUT.version);
  bytes.write(transferId.replaceAll('-', ''), LAYOUT.transferId, 'hex');
  bytes.writeUInt32BE(sequence, LAYOUT.sequence);
  writeInteger(bytes, LAYOUT.cumulativeBytes, receipt.cumulativeBytes, 'cumulative bytes');
  writeInteger(bytes, LAYOUT.timeMs, receipt.timeMs, 'time');
  bytes.write(previousDigest, LAYOUT.previousDigest, 'hex');
  return bytes;
}

const signedBytes = (bytes: Uint8Array, { contentId, uploader, downloader }: TransferContext): Uint8Array =>
  domainBytes('receipt', [bytes.subarray(0, LAYOUT.signature), contentId, uploader, downloader]);

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
