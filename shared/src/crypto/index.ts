export { auditDigest } from './audit-digest.js';
export { type ChainLink, type ContradictionKind, contradicts } from './chain.js';
export { type ContentHasher, createContentHasher } from './content-hasher.js';
export { type ContentIdentity, contentId, type VerifiedPieces, verifyManifest } from './content-id.js';
export {
  completionBytes,
  contextOfGrant,
  domainBytes,
  edgeProofBytes,
  normalFingerprint,
  type PeerHelloStatement,
  peerHelloBytes,
  reportBytes,
  type StatementBody,
  sessionProofBytes,
  type TransferContext,
  uploaderStatementBytes,
} from './domain.js';
export {
  badBlocks,
  blockCount,
  type ContentShape,
  choosePieceLength,
  HASH_BYTES,
  leafLayer,
  pieceHash,
  pieceHashOfLeaves,
  rootOfPieceLayer,
  verifyLeafLayer,
} from './hash-tree.js';
export {
  createIdentity,
  type Identity,
  identityFromPem,
  identityFromSeed,
  SIGNATURE_BYTES,
  verify,
} from './identity.js';
export { loadOrCreateIdentity, replaceIdentity } from './identity-file.js';
export {
  decodeReceipt,
  encodeReceipt,
  firstReceiptDigest,
  RECEIPT_BYTES,
  type Receipt,
  receiptDigest,
  receiptLink,
  signReceipt,
  verifyReceipt,
} from './receipt.js';
export {
  FIRST_STATEMENT_DIGEST,
  signStatement,
  statementDigest,
  statementLink,
  verifyStatement,
} from './statement.js';
export {
  MAX_TOKEN_CHARACTERS,
  type PublicKeySet,
  publicKeySet,
  type SignTokenOptions,
  signToken,
  type VerifyTokenOptions,
  verifyToken,
} from './tokens.js';
