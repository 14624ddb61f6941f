import type { Identity } from '@fairhop/shared/crypto';
import type { AgentKey, ContentId, TransferId } from '@fairhop/shared/model';
import type { CoordinatorIdentity } from '../peer/grant-check.js';
import type { RtcNetworkConfig } from '../peer/rtc-connection.js';
import type { UploadRecorder } from '../report/upload-recorder.js';
import type { PieceStore } from '../storage/piece-store.js';
import type { UploadDecision } from './upload-policy.js';

export interface UploaderConfig {
  readonly identity: Identity;
  readonly network: RtcNetworkConfig;
  /** Uploads at a time. */
  readonly slots: number;
  /** The user's rate for all uploads together, payload; Infinity for no limit. */
  readonly rateBitsPerSecond: number;
}

export interface UploaderDeps {
  /** The coordinator of the session; undefined before the first one. */
  readonly coordinator: () => CoordinatorIdentity | undefined;
  /** Coordinator's time. */
  readonly nowMs: () => number;
  /** What `decideUpload` says now. */
  readonly decision: () => UploadDecision;
  /** The permit in force, as the coordinator told it. */
  readonly permitId: () => string | undefined;
  /** A content that this agent holds, in part or whole. */
  readonly storeOf: (contentId: ContentId) => PieceStore | undefined;
  /** Sends a signal to the downloader of a transfer through the coordinator. */
  readonly sendSignal: (transferId: TransferId, signal: string) => void;
  /** Payload that left, for the month's volume. */
  readonly onSent: (bytes: number) => void;
  /** What is sent, and the receipts for it, as accounting is told of it. */
  readonly recorder: Pick<UploadRecorder, 'isUsed' | 'begin'>;
  /** A statement could not be put on disk. */
  readonly onStatementLost: (transferId: TransferId, error: unknown) => void;
  /** A transfer, or an attempt at one, ended. */
  readonly onEnded: (transferId: TransferId, reason: string) => void;
}

export interface UploadStatus {
  readonly transferId: TransferId;
  readonly contentId: ContentId;
  readonly downloader: AgentKey;
  readonly downloaderAddress: string;
  readonly sentBytes: number;
  readonly acknowledgedBytes: number;
  readonly rateBitsPerSecond: number;
}

/** The two ends of an upload, each address as the other end sees it. */
export interface UploadWay {
  readonly transferId: TransferId;
  readonly grant: string;
  readonly uploaderAddress: string;
  readonly downloaderAddress: string;
}

/** Serves what this agent holds to those who bring a grant for it. */
export interface Uploader {
  start(): void;
  /** Ends all uploads and waits until their connections are gone. */
  stop(): Promise<void>;
  /** A signal that the coordinator passed on: an offer begins a transfer. */
  receiveSignal(transferId: TransferId, from: AgentKey, signal: string): void;
  /** The coordinator takes a grant back. */
  revoke(transferId: TransferId, reason: string): void;
  /** It gives a transfer another rate than its grant's, perhaps before it begins. */
  lower(transferId: TransferId, rateBitsPerSecond: number): void;
  /** A content is gone: its uploads end. */
  withdraw(contentId: ContentId): void;
  /** Pieces that are held from now on. */
  announce(contentId: ContentId, pieces: readonly number[]): void;
  setRate(bitsPerSecond: number): void;
  /** Holds all uploads while something of the user's own needs the uplink. */
  pause(): void;
  resume(): void;
  /** Slots that are free. */
  readonly freeSlots: number;
  status(): UploadStatus[];
  /** Between which addresses the running uploads go. */
  ways(): UploadWay[];
}
