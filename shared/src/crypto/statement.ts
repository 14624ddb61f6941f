import { FairhopError, type UploaderStatement } from '../model/index.js';
import type { ChainLink } from './chain.js';
import { type StatementBody, type TransferContext, uploaderStatementBytes } from './domain.js';
import { HASH_BYTES, sha256 } from './hash-tree.js';
import { type Identity, verify } from './identity.js';

/** What stands before the first statement of a transfer. */
export const FIRST_STATEMENT_DIGEST = '0'.repeat(2 * HASH_BYTES);

/** SHA-256 of what is signed, lower-case hex: what the next statement of the transfer commits to. */
export const statementDigest = (statement: StatementBody, context: TransferContext): string =>
  sha256(uploaderStatementBytes(statement, context)).toString('hex');

export const statementLink = (statement: StatementBody, context: TransferContext): ChainLink => ({
  sequence: statement.sequence,
  digest: statementDigest(statement, context),
  previousDigest: statement.previousDigest,
  bytes: statement.sentBytes,
  timeMs: statement.timeMs,
});

/** A statement as it is reported, with the grant of its transfer. Throws `statement-forged` for the identity of another. */
export function signStatement(
  statement: StatementBody,
  grant: string,
  context: TransferContext,
  uploader: Identity,
): UploaderStatement {
  if (uploader.key !== context.uploader) {
    throw forged(context, `cannot be signed by ${uploader.key}`);
  }
  const signature = Buffer.from(uploader.sign(uploaderStatementBytes(statement, context))).toString(
    'base64url',
  );
  return { type: 'uploader-statement', grant, ...statement, signature };
}

/** Throws `statement-forged`, and `statement-chain` for a first one that follows something, or another that follows nothing. */
export function verifyStatement(statement: UploaderStatement, context: TransferContext): void {
  const signature = Buffer.from(statement.signature, 'base64url');
  if (!verify(context.uploader, uploaderStatementBytes(statement, context), signature)) {
    throw forged(context, 'is not signed by it');
  }
  const isFirst = statement.sequence === 0;
  if (isFirst === (statement.previousDigest === FIRST_STATEMENT_DIGEST)) return;
  throw new FairhopError(
    'statement-chain',
    `Statement ${statement.sequence} of transfer ${context.transferId} follows ${statement.previousDigest}; ${isFirst ? '64 zeros are' : 'the digest of the one before is'} right`,
    { status: 400 },
  );
}

const forged = ({ uploader, transferId }: TransferContext, what: string): FairhopError =>
  new FairhopError(
    'statement-forged',
    `The statement of uploader ${uploader} about transfer ${transferId} ${what}`,
    {
      status: 400,
    },
  );
