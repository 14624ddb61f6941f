import { decodeReceipt, type Receipt, verifyReceipt } from '@fairhop/shared/crypto';
import type { GrantClaims } from '@fairhop/shared/model';
import { createBoundedCache } from '@fairhop/shared/model';
import { rejection } from './rejection.js';

export interface ReceiptReader {
  /** What a receipt states, its signature unchecked. Throws `receipt-size`, `receipt-version`, `receipt-invalid`. */
  peek(encoded: string): Receipt;
  /** Throws `receipt-size`, `receipt-version`, `receipt-invalid`, `receipt-forged` and `receipt-mismatch`. */
  read(encoded: string, grant: GrantClaims): Receipt;
}

/** The end of a part is the beginning of the next, which comes within a minute; an entry takes about 1 KiB. */
const maximumCachedReceipts = 10_000;

export function createReceiptReader(): ReceiptReader {
  const verified = createBoundedCache<string, Receipt>(maximumCachedReceipts);
  return {
    peek: (encoded) => decodeReceipt(Buffer.from(encoded, 'base64url')),
    read(encoded, grant) {
      let receipt = verified.get(encoded);
      if (receipt === undefined) {
        receipt = verifyReceipt(Buffer.from(encoded, 'base64url'));
        verified.set(encoded, receipt);
      }
      checkBelongs(receipt, grant);
      return receipt;
    },
  };
}

function checkBelongs(receipt: Receipt, grant: GrantClaims): void {
  const pairs = [
    ['transfer', receipt.transferId, grant.jti.toLowerCase()],
    ['content', receipt.contentId, grant.content],
    ['uploader', receipt.uploader, grant.uploader],
    ['downloader', receipt.downloader, grant.downloader],
  ] as const;
  for (const [name, given, granted] of pairs) {
    if (given === granted) continue;
    throw rejection('receipt-mismatch', `the receipt is of ${name} ${given}, its grant of ${granted}`);
  }
}
