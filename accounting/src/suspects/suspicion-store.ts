import type { AgentKey, Suspicion } from '@fairhop/shared/model';
import type { Database } from 'better-sqlite3';
import type { Finding } from '../plausibility/index.js';
import type { ScoredSuspicion } from './score.js';

export interface StoredSuspicion extends Suspicion, ScoredSuspicion {
  readonly check: string;
  readonly score: number;
}

export interface SuspicionStore {
  /** Keeps a finding, unless the same or a heavier one about its subject counts already. True when it is kept. */
  add(agent: AgentKey, finding: Finding, nowMs: number): boolean;
  /** Those that count: found since the agent was released, the heaviest first. */
  of(agent: AgentKey): StoredSuspicion[];
  /** Agents with suspicions after an id, and the last id there is. */
  agentsAfter(id: number): { agents: string[]; lastId: number };
  /** Agents by what counts against them, the most first. */
  heaviest(limit: number): string[];
}

/** Subjects of one check: more of the same say nothing new, and an agent could make any number of them. */
const MAX_OF_CHECK = 32;
const MAX_OF_AGENT = 256;

interface Row {
  check: string;
  subject: string;
  score: number;
  message: string;
  evidence: string;
  timeMs: number;
}

/** What was found before an agent's release is over, and stays to be read. */
const COUNTS = 's.id > coalesce((SELECT base_id FROM verdicts v WHERE v.agent = s.agent), 0)';

export function createSuspicionStore(database: Database): SuspicionStore {
  const insert = database.prepare(
    `INSERT INTO suspicions (agent, check_name, subject, score, message, evidence, time_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const selectKnown = database.prepare<
    [Record<string, string>],
    { same: number | null; most: number | null; count: number }
  >(
    `SELECT max(score) FILTER (WHERE subject = @subject) AS same, max(score) AS most, count(*) AS count
     FROM suspicions s WHERE agent = @agent AND check_name = @check AND ${COUNTS}`,
  );
  const select = database.prepare<[string], Row>(
    `SELECT check_name AS "check", subject, score, message, evidence, time_ms AS timeMs
     FROM suspicions s WHERE agent = ? AND ${COUNTS} ORDER BY score DESC, id DESC LIMIT ${MAX_OF_AGENT}`,
  );
  const selectAgents = database
    .prepare<[number], string>('SELECT DISTINCT agent FROM suspicions WHERE id > ?')
    .pluck();
  const selectLast = database.prepare<[], number>('SELECT coalesce(max(id), 0) FROM suspicions').pluck();
  const selectHeaviest = database
    .prepare<[number], string>(
      `SELECT agent FROM (
         SELECT agent, check_name, max(score) AS score FROM suspicions s WHERE ${COUNTS} GROUP BY agent, check_name)
       GROUP BY agent ORDER BY min(100, sum(score)) DESC, agent LIMIT ?`,
    )
    .pluck();
  return {
    add(agent, { check, subject, score, message, evidence }, nowMs) {
      const { same, most, count } = selectKnown.get({ agent, check, subject })!;
      if (score === 0 || (same !== null && score <= same)) return false;
      if (count >= MAX_OF_CHECK && score <= (most ?? 0)) return false;
      insert.run(agent, check, subject, score, message, JSON.stringify(evidence), nowMs);
      return true;
    },
    of(agent) {
      const seen = new Set<string>();
      return select.all(agent).flatMap(({ evidence, ...row }) => {
        const key = `${row.check} ${row.subject}`;
        if (seen.has(key)) return [];
        seen.add(key);
        return [{ ...row, evidence: JSON.parse(evidence) as string[] }];
      });
    },
    agentsAfter: (id) => ({ agents: selectAgents.all(id), lastId: selectLast.get()! }),
    heaviest: (limit) => selectHeaviest.all(limit),
  };
}
