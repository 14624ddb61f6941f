import type { drawSchema, EdgeInfo } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import type {
  AgentKey,
  Asn,
  ContentId,
  Permit,
  PublicKey,
  Title,
  TitleId,
  TransferId,
} from '@fairhop/shared/model';
import type { AltoMap } from '@fairhop/shared/net';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { z } from 'zod';
import type { AuditDesk } from '../audit/index.js';
import type { BudgetActions } from '../budget-actions/index.js';
import type { GrantRecord } from '../grant/running-grant.js';
import type { Policies } from '../policy/index.js';
import type { QuarantineBook } from '../quarantine/index.js';
import type { SelectionPaths } from '../selection/index.js';
import type { BadDataBook } from './bad-data-book.js';
import type { SessionMetrics } from './metrics.js';

/** What an address tells: its AS, and the ISP and country where they are known. */
export interface NetworkPlace {
  readonly asn: Asn;
  readonly isp: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
}

export interface PermitRequest {
  readonly agent: AgentKey;
  /** As the coordinator sees it; nothing here is what the agent claims. */
  readonly address: string;
  readonly asn: Asn | null;
  readonly isp: string | null;
  /** Permit that the ISP signed, as the agent presented it; checked here. */
  readonly permitToken?: string;
  readonly nowMs: number;
}

export interface PermitDecision {
  /** The permit in force now: its hours and dates hold at `nowMs` and its networks hold the address. */
  readonly permit: Permit | null;
  /** For people: why there is none, or which one it is. */
  readonly reason: string;
  /** Time alone may change this answer from then on (hours, dates); it is asked again then. */
  readonly holdsUntilMs: number;
  /** Bytes that all subscribers under this permit may upload in a UTC month together; absent: no limit. */
  readonly monthlyBytesTotal?: number;
  /** Where this ISP hands out permits to its subscribers, if it told. */
  readonly permitUrl?: string;
}

export interface PermissionService {
  permitFor(request: PermitRequest): Promise<PermitDecision>;
  /** Calls back after agreements or permit keys of an ISP changed: its subscribers are evaluated again. Gives what ends it. */
  onChange(listener: (isp: string) => void): () => void;
}

export interface Catalogue {
  /** A published title, or undefined when it is unknown or withdrawn. */
  title(titleId: TitleId): Title | undefined;
  /** A content that a published title points at. */
  content(contentId: ContentId): { readonly sizeBytes: number; readonly pieceCount: number } | undefined;
  /** Calls back after a title was withdrawn. Gives what ends it. */
  onWithdrawn(listener: (title: Title) => void): () => void;
}

export interface EdgeDirectory {
  /**
   * Live edges for a client of this place, best first, few; `null` is a client outside every prefix. Edges that are closed for it
   * are named only where there are no others.
   */
  edgesFor(client: NetworkPlace | null, isClosed?: (edge: EdgeInfo) => boolean): readonly EdgeInfo[];
}

export type Draw = z.infer<typeof drawSchema>;

/** Keeps the latest draws for audit, within a bound of its own. */
export interface DrawLog {
  append(draw: Draw): void;
}

/** Every transfer that is ordered between agents, so that a pairing that was never drawn is found out. */
export interface IssueLog {
  /** Resolves once they are on disk: no grant is handed out before. Rejects when they cannot be written. */
  add(transferIds: readonly TransferId[]): Promise<void>;
}

/** Bytes uploaded since the last write. */
export interface UplinkUse {
  readonly scope: string;
  readonly month: string;
  readonly bytes: number;
}

/**
 * Bytes uploaded in a UTC month (`2026-08`), by scope: `agent:<permit id>:<key>` of one subscriber, `permit:<permit id>` of all
 * under one permit. Lasting, so that a restart does not give a month's quota anew.
 */
export interface UplinkUsageStore {
  bytes(scope: string, month: string): number;
}

/**
 * What has to outlive the process: the use of uplinks, and the running grants, whose transfers go on between agents while
 * the coordinator is away.
 */
export interface UplinkStore extends UplinkUsageStore {
  /** Those that have not expired, the first to expire first; others are forgotten. */
  runningGrants(nowMs: number): readonly GrantRecord[];
  /** In one transaction, so that no byte is counted twice after a crash: `reportedBytes` says what `used` holds already. */
  write(changes: {
    readonly used: readonly UplinkUse[];
    readonly running: readonly GrantRecord[];
    readonly ended: readonly TransferId[];
  }): void;
}

/** The ALTO maps that ISPs gave. */
export interface AltoKnowledge {
  /** In force, by ISP; another object when any of them is another. */
  maps(): ReadonlyMap<string, AltoMap>;
  /** PIDs of an address in the maps in force, by ISP. */
  pidsOf(address: string): ReadonlyMap<string, string>;
  /** Calls back when `maps` is another object. Gives what ends it. */
  onChange(listener: () => void): () => void;
}

export interface SessionServerDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** The coordinator's key: signs grants, edge URLs and access tokens. Another one after a rotation. */
  readonly identity: Identity;
  /** What verifies them. */
  readonly signingKeys: {
    /** The key in use first. */
    published(): readonly PublicKey[];
    /** Calls back once others are published. Gives what ends it. */
    onChange(listener: () => void): () => void;
  };
  readonly catalogue: Catalogue;
  readonly permission: PermissionService;
  readonly edges: EdgeDirectory;
  readonly draws: DrawLog;
  readonly uplinks: UplinkStore;
  readonly issued: IssueLog;
  readonly quarantine: QuarantineBook;
  readonly badData: BadDataBook;
  readonly budgets: BudgetActions;
  readonly audits: Pick<AuditDesk, 'acknowledged' | 'answered'>;
  /** Null outside every known prefix. */
  networkOf(address: string): NetworkPlace | null | Promise<NetworkPlace | null>;
  /** Another object when the AS graph or BGP's routes are others. */
  paths(): SelectionPaths;
  readonly alto: AltoKnowledge;
  /** Calls back after the AS graph changed: every session's place is looked up again. Gives what ends it. */
  onNetworksChange(listener: () => void): () => void;
  readonly metrics: SessionMetrics;
  readonly policies: Pick<Policies, 'viewOf' | 'tick' | 'admit' | 'onSet' | 'onPhase' | 'metrics'>;
}
