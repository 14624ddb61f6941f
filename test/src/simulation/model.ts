import type { Outbox, TransferRecorder, UploadRecorder } from '@fairhop/client-agent/testing';
import type { Identity } from '@fairhop/shared/crypto';
import type { Permit, ReportMessage, ReportRecord, TitleId } from '@fairhop/shared/model';
import type { Order } from './order-desk.js';

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
type Kind = 'honest' | Cheat;

/** One transfer, as it was in truth. */
export interface Transfer {
  readonly order: Order;
  readonly uploader: SimulatedAgent;
  readonly downloader: SimulatedAgent;
  /** Of an invention nothing of what both ends sign is true. */
  readonly isInvented: boolean;
  /** Bytes that the downloader has, checked against the manifest. */
  verifiedBytes: number;
  /** Bytes that the uploader put into the channel. */
  sentBytes: number;
  /** The last receipt that the uploader got is of so much. */
  acknowledgedBytes: number;
  isOver: boolean;
  /** Ends that reported since it was over. */
  readonly reportedBy: Set<SimulatedAgent>;
  end(): void;
}

export interface AgentFacts {
  readonly address: string;
  readonly isp: number;
  readonly conduct: Conduct;
  readonly upBitsPerSecond: number;
  readonly downBitsPerSecond: number;
  readonly slots: number;
  readonly permitToken?: string | undefined;
  /** What its ISP permits nobody, or what it sends from elsewhere: the address that others see its uploads come from. */
  readonly sendsFrom?: string | undefined;
}

/** One agent: its key, what it keeps on disk, and what of it runs. */
export interface SimulatedAgent extends AgentFacts {
  readonly identity: Identity;
  /** Of its data directory, in place of the one that its outbox draws. */
  readonly incarnation: string;
  readonly outbox: Outbox;
  /** Its address now. */
  address: string;
  isp: number;
  permit: Permit | null;
  isUp: boolean;
  /** How often it was started. */
  runs: number;
  /** Until then it has no network. */
  offlineUntilMs: number;
  /** Until then it reaches everybody but accounting. */
  cutOffUntilMs: number;
  /** What it began goes on from the address where it began. */
  isLingering: boolean;
  readonly sendsTwice: boolean;
  readonly sendsInAnyOrder: boolean;
  readonly held: Set<TitleId>;
  readonly running: Set<Transfer>;
  uploads: UploadRecorder;
  downloads: TransferRecorder;
  /** Of transfers that ended and were not reported since. */
  readonly unreported: Set<Transfer>;
  /** kill -9: nothing that runs is told the end. */
  crash(): void;
  /** What was under way is closed with what is on disk. */
  restart(): void;
  stop(): void;
}

/** How an agent differs from an honest one, each method where an honest agent would do what is right. */
export interface Conduct {
  readonly kind: Kind;
  /** As a downloader it signs no receipt. */
  readonly isSilent?: boolean;
  /** As an uploader it sends what does not match the manifest. */
  readonly isCorrupt?: boolean;
  /** It asks for sources from several places at the same time. */
  readonly isTwofold?: boolean;
  /** What accounting sees of its lies could be lines that broke. */
  readonly isLikeBreak?: boolean;
  /** It comes again after a month. */
  readonly isPatient?: boolean;
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
