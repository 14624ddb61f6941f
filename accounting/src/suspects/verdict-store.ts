import type { AgentKey, Quarantine } from '@fairhop/shared/model';
import { quarantineSchema } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';

/** That an agent is, or was, in quarantine by what was found here. */
interface Verdict {
  readonly agent: AgentKey;
  readonly sinceMs: number;
  /** Null: until it is released by hand. */
  readonly untilMs: number | null;
  readonly score: number;
  /** The coordinator listed it since. */
  readonly isConfirmed: boolean;
}

export interface VerdictStore {
  open(): Verdict[];
  openOf(agent: AgentKey): Verdict | undefined;
  put(verdict: Verdict): void;
  confirm(agent: AgentKey): void;
  /** What was found by now is over. */
  release(agent: AgentKey, nowMs: number): void;
  /** When the agent was last released; 0 if it never was. */
  releasedMs(agent: AgentKey): number;
  /** Quarantines by the coordinator or the operator. */
  others(): Map<AgentKey, Quarantine>;
  putOther(quarantine: Quarantine): void;
  removeOther(agent: AgentKey): void;
}

type Row = Omit<Verdict, 'isConfirmed'> & { isConfirmed: number };

export function createVerdictStore(database: Database): VerdictStore {
  const columns = `SELECT agent, since_ms AS sinceMs, until_ms AS untilMs, score, is_confirmed AS isConfirmed FROM verdicts`;
  const selectOpen = database.prepare<[], Row>(`${columns} WHERE is_open`);
  const selectOpenOf = database.prepare<[string], Row>(`${columns} WHERE agent = ? AND is_open`);
  const upsert = database.prepare(
    `INSERT INTO verdicts VALUES (@agent, @sinceMs, @untilMs, @score, 1, 0, 0, 0) ON CONFLICT DO UPDATE SET
       since_ms = CASE WHEN is_open THEN since_ms ELSE excluded.since_ms END,
       until_ms = excluded.until_ms, score = excluded.score, is_open = 1, is_confirmed = 0`,
  );
  const confirm = database.prepare('UPDATE verdicts SET is_confirmed = 1 WHERE agent = ?');
  const release = database.prepare(
    `INSERT INTO verdicts SELECT @agent, @nowMs, @nowMs, 0, 0, 0, coalesce(max(id), 0), @nowMs FROM suspicions WHERE true
     ON CONFLICT DO UPDATE SET is_open = 0, base_id = excluded.base_id, released_ms = excluded.released_ms`,
  );
  const selectReleased = database
    .prepare<[string], number>('SELECT released_ms FROM verdicts WHERE agent = ?')
    .pluck();
  const selectOthers = database.prepare<[], string>('SELECT quarantine FROM others').pluck();
  const upsertOther = database.prepare(
    'INSERT INTO others VALUES (?, ?) ON CONFLICT DO UPDATE SET quarantine = excluded.quarantine',
  );
  const removeOther = database.prepare('DELETE FROM others WHERE agent = ?');
  const verdictOf = (row: Row): Verdict => ({ ...row, isConfirmed: row.isConfirmed === 1 });
  return {
    open: () => selectOpen.all().map(verdictOf),
    openOf(agent) {
      const row = selectOpenOf.get(agent);
      return row && verdictOf(row);
    },
    put: ({ agent, sinceMs, untilMs, score }) => upsert.run({ agent, sinceMs, untilMs, score }),
    confirm: (agent) => confirm.run(agent),
    release: (agent, nowMs) => release.run({ agent, nowMs }),
    releasedMs: (agent) => selectReleased.get(agent) ?? 0,
    others: () =>
      new Map(
        selectOthers.all().map((text) => {
          const quarantine = quarantineSchema.parse(JSON.parse(text));
          return [quarantine.agent, quarantine];
        }),
      ),
    putOther: (quarantine) => upsertOther.run(quarantine.agent, JSON.stringify(quarantine)),
    removeOther: (agent) => removeOther.run(agent),
  };
}
