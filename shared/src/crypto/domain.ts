import type {
  AgentKey,
  ContentId,
  GrantClaims,
  PublicKey,
  TitleId,
  TransferId,
  UploaderStatement,
} from '../model/index.js';

/**
 * What is signed, separated by purpose, so that a signature made for one never counts as another: the context
 * `fairhop/<purpose>/v1` and a zero byte, then each field with its length (u32, big endian) before it, so that no two
 * lists of fields give the same bytes. Text is UTF-8; numbers are u64, big endian.
 */
export function domainBytes(purpose: string, fields: readonly (string | number | Uint8Array)[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from(`fairhop/${purpose}/v1\0`, 'utf8')];
  for (const field of fields) {
    const bytes = fieldBytes(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}

/** What an agent or edge signs to prove its key to a coordinator in a session. */
export function sessionProofBytes(proof: { coordinator: string; nonce: string; key: PublicKey }): Uint8Array {
  return domainBytes('session-proof', [proof.coordinator, proof.nonce, proof.key]);
}

/** What an edge signs to register its key, and with each heartbeat. */
export function edgeProofBytes(proof: {
  coordinator: string;
  /** Edge id. */
  edge: string;
  url: string;
  timeMs: number;
}): Uint8Array {
  return domainBytes('edge-proof', [proof.coordinator, proof.edge, proof.url, proof.timeMs]);
}

/** One channel between two agents. Fingerprints are the DTLS ones as their ends see them, normalised by `normalFingerprint`. */
export interface PeerHelloStatement {
  /** Whose hello it is. */
  role: 'uploader' | 'downloader';
  grantId: TransferId;
  uploader: AgentKey;
  downloader: AgentKey;
  uploaderFingerprint: string;
  downloaderFingerprint: string;
  /** Address that the sender sees the other end at. */
  observedAddress: string;
  /** The permit that the uploader indicates. */
  permitId?: string | undefined;
}

/** What each side of a channel signs: it binds the channel to two identities and one order. */
export function peerHelloBytes(statement: PeerHelloStatement): Uint8Array {
  return domainBytes('peer-hello', [
    statement.role,
    statement.grantId,
    statement.uploader,
    statement.downloader,
    normalFingerprint(statement.uploaderFingerprint),
    normalFingerprint(statement.downloaderFingerprint),
    statement.observedAddress,
    // A permit's id is never empty, so that an empty field is its absence.
    statement.permitId ?? '',
  ]);
}

/** `sha-256 AB:CD…` in one form: SDP (RFC 8122 §5) leaves the hash name's case open, and stacks differ in the digits' too. */
export function normalFingerprint(fingerprint: string): string {
  return fingerprint.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** What an agent signs when it holds a whole content. */
export function completionBytes(completion: {
  agent: AgentKey;
  contentId: ContentId;
  /** `owner/name`. */
  title: TitleId;
  sizeBytes: number;
  timeMs: number;
}): Uint8Array {
  return domainBytes('completion', [
    completion.agent,
    completion.contentId,
    completion.title,
    completion.sizeBytes,
    completion.timeMs,
  ]);
}

/** What a transfer is of. Its receipts and statements carry none of it and are signed with it: its grant tells it. */
export interface TransferContext {
  /** In lower case. */
  readonly transferId: TransferId;
  readonly contentId: ContentId;
  readonly uploader: AgentKey;
  readonly downloader: AgentKey;
}

export const contextOfGrant = ({ jti, content, uploader, downloader }: GrantClaims): TransferContext => ({
  transferId: jti.toLowerCase(),
  contentId: content,
  uploader,
  downloader,
});

/** What an uploader says of a transfer, without the order that it is of and without its signature. */
export type StatementBody = Omit<UploaderStatement, 'type' | 'grant' | 'signature'>;

/** What an uploader signs of a transfer. */
export function uploaderStatementBytes(statement: StatementBody, context: TransferContext): Uint8Array {
  return domainBytes('uploader-statement', [
    context.transferId,
    context.contentId,
    context.uploader,
    context.downloader,
    statement.sequence,
    statement.previousDigest,
    // A receipt is never empty, so that an empty field is its absence.
    statement.receipt ?? '',
    statement.sentBytes,
    statement.timeMs,
    statement.last ? 1 : 0,
    statement.downloaderAddress,
  ]);
}

/** What a reporter signs over a batch: its body before any compression. */
export function reportBytes(body: Uint8Array): Uint8Array {
  return domainBytes('report', [body]);
}

function fieldBytes(field: string | number | Uint8Array): Uint8Array {
  if (typeof field === 'string') return Buffer.from(field, 'utf8');
  if (typeof field !== 'number') return field;
  if (!Number.isSafeInteger(field) || field < 0) {
    throw new RangeError(`A signed number must be an integer from 0 to 2^53 - 1, not ${field}`);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(field));
  return bytes;
}
