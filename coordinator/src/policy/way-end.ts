import type { Asn } from '@fairhop/shared/model';

/** One end of a way. The address is undefined while the agent there is away. */
export interface WayEnd {
  readonly address?: string | undefined;
  readonly asn: Asn | null;
  readonly isp: string | null;
}

/** What a policy's scope is asked about. */
export interface TitleFacts {
  /** `owner/name` */
  readonly id: string;
  readonly category: string | undefined;
}
