import { contextOfGrant, decodeReceipt, type Receipt, verifyReceipt } from '@fairhop/shared/crypto';
import { createBoundedCache, type GrantClaims } from '@fairhop/shared/model';

export interface ReceiptReader {
  /** What a receipt states, its signature unchecked. Throws `receipt-size`, `receipt-version`, `receipt-invalid`. */
  peek(encoded: string): Receipt;
  /**
   * What a receipt states that the grant's downloader signed for its transfer, content and uploader. Throws what `peek` throws,
   * `receipt-mismatch`, `receipt-forged` and `receipt-chain`.
   */
  read(encoded: string, grant: GrantClaims): Receipt;
}

/** The end of a part is the beginning of the next, which comes within a minute; an entry takes about 1 KiB. */
const maximumCachedReceipts = 10_000;

export function createReceiptReader(): ReceiptReader {
  const verified = createBoundedCache<string, Receipt>(maximumCachedReceipts);
  return {
    peek: (encoded) => decodeReceipt(Buffer.from(encoded, 'base64url')),
    read(encoded, grant) {
      const context = contextOfGrant(grant);
      // A signature holds for the context that it was checked with, which the receipt does not carry.
      const key = [encoded, ...Object.values(context)].join(' ');
      let receipt = verified.get(key);
      if (receipt === undefined) {
        receipt = verifyReceipt(Buffer.from(encoded, 'base64url'), context);
        verified.set(key, receipt);
      }
      return receipt;
    },
  };
}
