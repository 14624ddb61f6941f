import {
  contextOfGrant,
  type Receipt,
  receiptLink,
  type StatementBody,
  statementLink,
} from '@fairhop/shared/crypto';
import type { GrantClaims, UploaderStatement } from '@fairhop/shared/model';
import type { SignedTransfer, SignedWord } from '../ledger/event.js';

export function transferOf(grant: GrantClaims): SignedTransfer {
  const { transferId, uploader, downloader } = contextOfGrant(grant);
  const { maxBytes, rateBitsPerSecond, exp } = grant;
  return { transferId, uploader, downloader, maxBytes, expiresMs: exp * 1000, rateBitsPerSecond };
}

/** `encoded` is the receipt in base64url; its downloader tells it, or its uploader shows it. */
export const receiptWord = (encoded: string, receipt: Receipt, teller: SignedWord['teller']): SignedWord => ({
  signer: 'downloader',
  teller,
  link: receiptLink(receipt),
  isLast: false,
  raw: encoded,
});

/** Kept without its grant, which is the same with each of a transfer. */
export function statementWord(statement: UploaderStatement, grant: GrantClaims): SignedWord {
  const { grant: _, ...raw } = statement;
  const body: StatementBody = statement;
  return {
    signer: 'uploader',
    teller: 'uploader',
    link: statementLink(body, contextOfGrant(grant)),
    isLast: statement.last,
    raw: JSON.stringify(raw),
  };
}
