import type { ChainLink } from '@fairhop/shared/crypto';
import type {
  AgentKey,
  Asn,
  ContentId,
  PathConflict,
  PathElement,
  PathEvidenceRecord,
  TitleId,
  TransferId,
  TransferKind,
} from '@fairhop/shared/model';

/** A path as it was known at one time: immutable, the same wherever its id is the same. */
export interface ResolvedPath {
  /** `path:<sha256 of its canonical form>`, of path-id.ts. */
  readonly id: string;
  readonly asPath: readonly Asn[];
  /** The ISP of each AS of `asPath` at that time; null where none is known. */
  readonly isps: readonly (string | null)[];
  /**
   * In order, without the hosts (they are on the event): an AS and what is known inside of it, the link to the next AS with its
   * peering link and exchange point, …, then the ISPs and the places.
   */
  readonly elements: readonly PathElement[];
  /** Where its ends are by a database of places, `place:us/ca/sanjose`; absent where it knows none. */
  readonly sourcePlace?: string;
  readonly destinationPlace?: string;
}

/**
 * A data-transfer event, resolved and ready to be booked: bytes of one content that went from one host to another
 * within one 5-minute UTC bin on one path. (transferId, part, binMs, its place among the part's rows of that bin) is its unique
 * key where receipts prove it; where its reporter counted the bytes, that incarnation of the reporter is part of it too.
 */
export interface TransferEvent {
  readonly transferId: TransferId;
  readonly binMs: number;
  readonly part: number;
  readonly kind: TransferKind;
  readonly source: string;
  readonly sourceAddress: string;
  readonly sourceAs: Asn | null;
  readonly sourceIsp: string | null;
  readonly destination: string;
  readonly destinationAddress: string;
  readonly destinationAs: Asn | null;
  readonly destinationIsp: string | null;
  readonly contentId: ContentId;
  readonly title: TitleId;
  readonly owner: string;
  readonly category: string;
  readonly sizeBytes: number;
  readonly bytes: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly maxRateBitsPerSecond: number;
  /** Where its bytes begin among all of the transfer, as receipts prove; absent where the reporter counted them. */
  readonly fromBytes?: number;
  /** Null when an end or the way between is unknown: booked and shown as unattributed. */
  readonly path: ResolvedPath | null;
}

/** An agent's proven statement that it holds a whole content. */
export interface Completion {
  readonly host: string;
  readonly contentId: ContentId;
  readonly title: TitleId;
  readonly sizeBytes: number;
  readonly timeMs: number;
}

/** What a traceroute told, without the proof that it was for its reporter to tell. */
export type TraceRecord = Omit<PathEvidenceRecord, 'grant'>;

/** Who a transfer is between, and what its grant allows. */
export interface SignedTransfer {
  readonly transferId: TransferId;
  readonly uploader: AgentKey;
  readonly downloader: AgentKey;
  readonly maxBytes: number;
  readonly expiresMs: number;
  /** Of the grant; absent where there was none. */
  readonly rateBitsPerSecond?: number;
}

/** A receipt or a statement whose signature holds, to be held against all that its signer said of the transfer. */
export interface SignedWord {
  readonly signer: 'uploader' | 'downloader';
  /** Who reported it. */
  readonly teller: 'uploader' | 'downloader';
  readonly link: ChainLink;
  /** Its signer says that nothing follows. */
  readonly isLast: boolean;
  /** A receipt in base64url; a statement in JSON, without its grant. */
  readonly raw: string;
}

export interface SignedWords {
  readonly transfer: SignedTransfer;
  /** The grant's token, which evidence is read with. */
  readonly grant: string;
  readonly words: readonly SignedWord[];
}

/** What became of one reported message before booking. */
export type CheckedMessage =
  | {
      readonly sequence: number;
      readonly outcome: 'events';
      /** All rows of one part of a transfer, in the order of their times; none when no bytes went. */
      readonly events: readonly TransferEvent[];
      /** Ends whose network is unknown because two words about it differ. */
      readonly addressMismatches?: readonly ('source' | 'destination')[];
      /** Where sources differ about the paths. */
      readonly conflicts?: readonly PathConflict[];
      /** The receipts that prove it, where agents report it. */
      readonly signed?: SignedWords;
    }
  | { readonly sequence: number; readonly outcome: 'completion'; readonly completion: Completion }
  | {
      readonly sequence: number;
      readonly outcome: 'statement';
      readonly signed: SignedWords;
    }
  | {
      readonly sequence: number;
      readonly outcome: 'evidence';
      readonly record: TraceRecord;
      /** Of the operator's own edge. */
      readonly isTrusted: boolean;
    }
  | {
      readonly sequence: number;
      readonly outcome: 'rejected';
      readonly code: string;
      readonly message: string;
    };

export interface CheckedBatch {
  readonly reporter: string;
  readonly incarnation: string;
  readonly messages: readonly CheckedMessage[];
}
