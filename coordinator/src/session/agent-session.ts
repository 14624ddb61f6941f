import type { EdgeSource } from '@fairhop/shared/contract';
import type { AgentKey, TitleId } from '@fairhop/shared/model';
import type { Connection } from './connection.js';
import type { NetworkPlace, PermitDecision } from './dependencies.js';
import type { TokenBucket } from './token-bucket.js';

/** A connected agent that proved its key. */
export interface AgentSession {
  readonly key: AgentKey;
  readonly connection: Connection;
  readonly place: NetworkPlace | null;
  readonly startMs: number;
  permitToken: string | undefined;
  decision: PermitDecision;
  /** Counts evaluations of its permit: an answer that was overtaken by another question is dropped. */
  evaluation: number;
  accessExpiresMs: number;
  isRenewingAccess: boolean;
  /** Each answer signs up to 64 grants, some milliseconds of work. */
  readonly sourceRequests: TokenBucket;
  /** Edge URLs that it was given, by title: one transfer is not ordered twice. */
  readonly edgeSources: Map<TitleId, readonly EdgeSource[]>;
}

/** Sessions by agent key, one for a key. */
export type Sessions = Map<AgentKey, AgentSession>;
