import type { AgentKey, ContentId, GrantClaims, TitleId, TransferId } from '@fairhop/shared/model';

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
  readonly rateBitsPerSecond: number;
  readonly permit: GrantClaims['permit'];
  readonly issuedMs: number;
  readonly expiresMs: number;
  /** The most that either end reported, soft state. */
  readonly reportedBytes: number;
}
