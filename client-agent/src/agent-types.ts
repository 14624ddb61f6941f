import type { AgentKey, ContentId, Permit, PolicyNotice, TitleId } from '@fairhop/shared/model';
import type { PathProberStatus } from '@fairhop/shared/probe';
import type { UploadTotal } from './report/outbox.js';
import type { UploadStatus } from './upload/index.js';

/** A download as it stands. Bytes are verified payload of this run; rates in bits per second. */
export interface DownloadProgress {
  readonly title: TitleId;
  readonly contentId: ContentId;
  readonly sizeBytes: number;
  /** On disk and verified, from earlier runs too. */
  readonly verifiedBytes: number;
  readonly rateBitsPerSecond: number;
  /** Null while nothing arrives. */
  readonly timeLeftMs: number | null;
  readonly bytesFromPeers: number;
  readonly bytesFromEdges: number;
  /** From another AS, or an unknown one. */
  readonly crossAsBytes: number;
  readonly onNetBytes: number;
  /** From outside of the own ISP. */
  readonly enteringBytes: number;
  /** Received twice, or wrong. */
  readonly wastedBytes: number;
  readonly uploadsWithoutPermit: number;
  /** That gave something. */
  readonly peers: number;
  /** ISPs that these peers are in. */
  readonly peerIsps: readonly string[];
  readonly edges: readonly string[];
  /** Policies of networks that limit it, for there is no way around what they limit. */
  readonly limitedBy: readonly PolicyNotice[];
}

/** A download that is complete: every byte was verified against the content id. */
export interface DownloadResult extends DownloadProgress {
  readonly verified: true;
  /** Received in this run; less than the size if it was resumed. */
  readonly bytes: number;
  readonly seconds: number;
  readonly fileName: string;
  /** Where the file was put, if it was asked for. */
  readonly output: string | null;
}

export interface DownloadOptions {
  /** File to put the content into when it is complete. */
  readonly output?: string | undefined;
  /** Instead of `output`: the directory to put it into, under the title's file name. */
  readonly outputDirectory?: string | undefined;
  /** Replace a file in the way. */
  readonly force?: boolean;
  readonly mode?: 'rarest' | 'in-order';
  readonly signal?: AbortSignal;
  /** Called about twice a second, and at the end. */
  readonly onProgress?: (progress: DownloadProgress) => void;
}

export interface AgentStatus {
  readonly agent: AgentKey;
  readonly coordinatorUrl: string;
  readonly online: boolean;
  /** As the coordinator sees it; null before the first session. */
  readonly address: string | null;
  readonly asn: number | null;
  readonly isp: string | null;
  readonly contents: readonly {
    readonly title: TitleId;
    readonly contentId: ContentId;
    readonly sizeBytes: number;
    readonly verifiedBytes: number;
    readonly complete: boolean;
    readonly lastUsedMs: number;
  }[];
  /** While the coordinator has it served by edges alone and not uploading; `untilMs` null: until it is released by hand. */
  readonly quarantine: { readonly reasons: readonly string[]; readonly untilMs: number | null } | null;
  readonly diskBudgetBytes: number;
  readonly downloads: readonly DownloadProgress[];
  readonly upload: {
    readonly ready: boolean;
    /** Why it does not upload right now, one sentence each. */
    readonly reasons: readonly string[];
    readonly permit: Permit | null;
    readonly permitReason: string;
    readonly rateBitsPerSecond: number;
    readonly month: string;
    readonly monthlyBytes: number;
    readonly sentThisMonthBytes: number;
    readonly running: readonly UploadStatus[];
    /** To whom this month. */
    readonly totals: readonly UploadTotal[];
  };
  /** Reports that accounting has not acknowledged yet. */
  readonly unreported: number;
  /** Reports that were lost because too many waited for accounting. */
  readonly droppedReports: number;
  readonly uploadsWithoutPermit: number;
  readonly tracing: PathProberStatus;
}

export interface Agent {
  /** Key of the agent's identity, once started. */
  readonly key: string;
  /** @throws `address-not-available`, `data-directory-locked`, `data-directory-newer`, `identity-file-invalid` … */
  start(): Promise<void>;
  /** Ends downloads and uploads, posts reports for a bounded time, closes everything. */
  stop(): Promise<void>;
  /**
   * Downloads a title: `owner/name`, a landing URL or a content id. What was verified stays whatever ends it.
   * @throws `title-unknown`, `title-withdrawn`, `output-exists`, `disk-full`, `disk-budget-exceeded`, `no-sources`,
   * `coordinator-unreachable`, `aborted` …
   */
  download(reference: string, options?: DownloadOptions): Promise<DownloadResult>;
  status(): AgentStatus;
  /** Resolves when the coordinator welcomed the agent. @throws `coordinator-unreachable` */
  online(timeoutMs?: number): Promise<void>;
}
