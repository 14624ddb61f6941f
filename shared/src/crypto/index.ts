export { type ContentHasher, createContentHasher } from './content-hasher.js';
export { type ContentIdentity, contentId, type VerifiedPieces, verifyManifest } from './content-id.js';
export {
  completionBytes,
  domainBytes,
  edgeProofBytes,
  normalFingerprint,
  type PeerHelloStatement,
  peerHelloBytes,
  reportBytes,
  sessionProofBytes,
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
export { loadOrCreateIdentity } from './identity-file.js';
export {
  decodeReceipt,
  encodeReceipt,
  RECEIPT_BYTES,
  type Receipt,
  signReceipt,
  verifyReceipt,
} from './receipt.js';
export {
  MAX_TOKEN_CHARACTERS,
  type PublicKeySet,
  publicKeySet,
  type SignTokenOptions,
  signToken,
  type VerifyTokenOptions,
  verifyToken,
} from './tokens.js';
