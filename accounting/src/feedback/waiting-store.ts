import type { AgentKey } from '@fairhop/shared/model';
import { openDatabase } from '@fairhop/shared/service';

/** One agent's quarantine that the coordinator has not confirmed. */
export interface Waiting {
  readonly agent: AgentKey;
  /** Another one with each `put`. */
  readonly revision: number;
  readonly attempts: number;
  readonly document: string;
}

/** What waits for the coordinator, on disk: one word for an agent, the latest. */
export interface WaitingStore {
  readonly size: number;
  put(agent: AgentKey, document: string): void;
  due(nowMs: number, limit: number): Waiting[];
  /** When the next one is due. */
  nextDueMs(): number | undefined;
  /** Unless there is a later word for its agent. */
  remove(waiting: Waiting): void;
  failed(waiting: Waiting, dueMs: number): void;
  close(): void;
}

const migrations = [
  `
  CREATE TABLE waiting (
    agent TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX waiting_by_due ON waiting (due_ms);
  `,
];

export function openWaitingStore(file: string): WaitingStore {
  const database = openDatabase(file, migrations, { synchronous: 'FULL' });
  const count = database.prepare('SELECT count(*) FROM waiting').pluck();
  const upsert = database.prepare(
    `INSERT INTO waiting (agent, revision, attempts, due_ms, document) VALUES (?, 0, 0, 0, ?)
     ON CONFLICT DO UPDATE SET revision = revision + 1, attempts = 0, due_ms = 0, document = excluded.document`,
  );
  const selectDue = database.prepare(
    'SELECT agent, revision, attempts, document FROM waiting WHERE due_ms <= ? ORDER BY due_ms LIMIT ?',
  );
  const firstDue = database.prepare('SELECT min(due_ms) FROM waiting').pluck();
  const remove = database.prepare('DELETE FROM waiting WHERE agent = ? AND revision = ?');
  const postpone = database.prepare(
    'UPDATE waiting SET attempts = attempts + 1, due_ms = ? WHERE agent = ? AND revision = ?',
  );
  return {
    get size() {
      return count.get() as number;
    },
    put: (agent, document) => {
      upsert.run(agent, document);
    },
    due: (nowMs, limit) => selectDue.all(nowMs, limit) as Waiting[],
    nextDueMs: () => (firstDue.get() as number | null) ?? undefined,
    remove: ({ agent, revision }) => {
      remove.run(agent, revision);
    },
    failed: ({ agent, revision }, dueMs) => {
      postpone.run(dueMs, agent, revision);
    },
    close: () => {
      database.close();
    },
  };
}
