import type { AuditOutcome } from '@fairhop/shared/contract';
import type { AgentKey } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';

/** The latest outcomes. */
export interface AuditLog {
  append(outcome: AuditOutcome): void;
  /** Newest first. */
  latest(query: { agent?: AgentKey | undefined; limit: number }): AuditOutcome[];
  /** Writes what waits, and ends the timer. */
  stop(): void;
}

/** 250 bytes each. */
const MAX_KEPT = 50_000;
/** One commit for what ended meanwhile; a crash loses no more. What follows from an audit is on disk at once. */
const WRITE_INTERVAL_MS = 500;

export function createAuditLog(database: Database, log: Logger): AuditLog {
  const insert = database.prepare('INSERT INTO audits (agent, document) VALUES (?, ?)');
  const cut = database.prepare('DELETE FROM audits WHERE id <= (SELECT max(id) FROM audits) - ?');
  const all = database.prepare('SELECT document FROM audits ORDER BY id DESC LIMIT ?').pluck();
  const ofAgent = database
    .prepare('SELECT document FROM audits WHERE agent = ? ORDER BY id DESC LIMIT ?')
    .pluck();
  const write = database.transaction((outcomes: readonly AuditOutcome[]) => {
    for (const outcome of outcomes) insert.run(outcome.agent, JSON.stringify(outcome));
    cut.run(MAX_KEPT);
  });
  let waiting: AuditOutcome[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const outcomes = waiting;
    waiting = [];
    if (outcomes.length > 0) write.immediate(outcomes);
  };
  const flushInBackground = (): void => {
    try {
      flush();
    } catch (error) {
      log.error({ err: error }, 'outcomes of audits could not be written; they are left out of the log');
    }
  };
  return {
    append(outcome) {
      waiting.push(outcome);
      timer ??= setTimeout(flushInBackground, WRITE_INTERVAL_MS);
    },
    latest({ agent, limit }) {
      flush();
      const documents = agent === undefined ? all.all(limit) : ofAgent.all(agent, limit);
      return documents.map((text) => JSON.parse(text as string) as AuditOutcome);
    },
    stop: flushInBackground,
  };
}
