import type { AgentKey, Asn, ContentId, GrantClaims, TitleId, TransferId } from '@fairhop/shared/model';

/** Whose volume it is: one subscriber's under one permit, with the limits that hold now. */
export interface QuotaSubject {
  readonly permitId: string;
  readonly agent: AgentKey;
  readonly monthlyBytesPerSubscriber?: number | undefined;
  readonly monthlyBytesTotal?: number | undefined;
}

/** An order for one transfer that is in force. */
export interface RunningGrant {
  readonly transferId: TransferId;
  readonly contentId: ContentId;
  readonly titleId: TitleId;
  readonly category: string;
  readonly sizeBytes: number;
  readonly uploader: AgentKey;
  readonly downloader: AgentKey;
  /** Both ends are of one ISP. */
  readonly onNet: boolean;
  readonly maxBytes: number;
  /** What permit and uploader allow; of it policies leave `shareBitsPerSecond`, if they leave less. */
  readonly rateBitsPerSecond: number;
  readonly shareBitsPerSecond?: number;
  readonly permit: GrantClaims['permit'];
  /** The ends' AS by their sessions when it was given; null outside every known prefix, absent when it is not known. */
  readonly uploaderAsn?: Asn | null;
  readonly downloaderAsn?: Asn | null;
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** When its uploader first signalled or reported; absent while nothing shows that there is a channel. */
  readonly answeredMs?: number;
  /** What its uploader reported, or its downloader while the uploader was away; soft state. */
  readonly reportedBytes: number;
}

/** A running grant with what its end needs, as it is kept over a restart. */
export interface GrantRecord extends RunningGrant {
  readonly subject: QuotaSubject;
  /** The downloader's address, of IPv6 its /64; absent where it had no session. */
  readonly downloaderPlace?: string;
  /** What its uploader said last, and when. */
  readonly heard?: { readonly bytes: number; readonly timeMs: number };
}
