import type { ReportMessage, ReportRecord } from '@fairhop/shared/model';
import type { SimulatedAgent } from './agent.js';
import type { Transfer } from './transfer.js';

/** Kinds of cheating; all but the last are one agent's alone. */
export const cheats = [
  'inflates-received',
  'inflates-sent',
  'denies-received',
  'skips-receipts',
  'rewrites-history',
  'replays',
  'corrupts',
  'many-addresses',
  'many-identities',
  'no-permit',
  'forges-permit',
  'forges-traceroutes',
  'colludes',
] as const;
export type Cheat = (typeof cheats)[number];
export type Kind = 'honest' | Cheat;

/** What may be noted of a lie. */
export interface Lie {
  /** Bytes that it says went and did not, or that it says did not and went. */
  readonly bytes: number;
}

/** How an agent differs from an honest one, each method where an honest agent would do what is right. */
export interface Conduct {
  readonly kind: Kind;
  /** As a downloader it signs no receipt. */
  readonly isSilent?: boolean;
  /** As an uploader it sends what does not match the manifest. */
  readonly isCorrupt?: boolean;
  /** It asks for sources from two places at the same time. */
  readonly isTwofold?: boolean;
  /** It takes part in nothing but what others ask of it. */
  readonly asks?: number;
  /** What it states to have sent. */
  statedBytes?(transfer: Transfer, sentBytes: number): number;
  /** How much more than it verified it signs at the end, unseen by the uploader. */
  invents?(transfer: Transfer): number;
  /** What it reports in place of what its recorders made; notes its lies. */
  outgoing?(agent: SimulatedAgent, messages: readonly ReportMessage[]): readonly ReportMessage[];
  /** What it reports besides, once, when a transfer of its own is over. */
  besides?(agent: SimulatedAgent, transfer: Transfer): Promise<readonly ReportRecord[]>;
}

export const honest: Conduct = { kind: 'honest' };
