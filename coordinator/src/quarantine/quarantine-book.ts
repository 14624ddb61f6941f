import { type AgentKey, FairhopError, type Quarantine, type Suspicion } from '@fairhop/shared/model';
import type { Clock } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { createListeners } from '../listeners.js';
import { mergePlacements, type Placement } from './merge.js';

/** Who is in quarantine, why and until when; on disk before anybody is told. */
export interface QuarantineBook {
  /** How many agents. */
  readonly size: number;
  agents(): readonly AgentKey[];
  isHeld(agent: AgentKey): boolean;
  of(agent: AgentKey): Quarantine | undefined;
  /**
   * Puts an agent into quarantine, or replaces what the same accuser said of it before. Gives all that holds it now.
   * Throws `quarantine-over` (400) when its end is past, `quarantine-full` (409).
   */
  put(agent: AgentKey, placement: Omit<Quarantine, 'agent' | 'sinceMs'>): Quarantine;
  /** Whoever put it there. Throws `quarantine-unknown` (404). */
  release(agent: AgentKey): void;
  /** The newest first, as far as they fit into one answer. */
  latest(query: { limit: number; agent?: AgentKey | undefined }): Quarantine[];
  /** By key, without evidence: those after one, and whom the next page begins after; null where this is the last one. */
  page(query: { limit: number; after?: AgentKey | undefined }): {
    quarantine: Quarantine[];
    next: AgentKey | null;
  };
  /** Releases those whose time is over. */
  expire(): void;
  /** Calls back after an agent came into quarantine, out of it, or stays for another reason or time. Gives what ends it. */
  onChange(listener: (agent: AgentKey) => void): () => void;
}

/** 100 bytes each in memory. More are no suspects but an attack, which the operator has to look at. */
const MAX_AGENTS = 100_000;
/** Of one agent: accounting, the coordinator, and people. */
const MAX_PLACEMENTS = 8;
/** Most of one answer: evidence of one agent may take 256 KiB, and callers read 16 MiB. */
const MAX_LISTED_CHARACTERS = 8 * 1024 * 1024;
/** Most that is read for one page, evidence too, which takes some 50 ms: others wait meanwhile. */
const MAX_READ_BYTES = 8 * 1024 * 1024;

interface Row {
  readonly agent: string;
  readonly placedBy: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly suspicions: string;
}

const endOf = (untilMs: number | null): number => untilMs ?? Number.POSITIVE_INFINITY;

const withoutEvidence = (quarantine: Quarantine): Quarantine => ({
  ...quarantine,
  suspicions: quarantine.suspicions.map((suspicion) => ({ ...suspicion, evidence: [] })),
});

export function createQuarantineBook(database: Database, clock: Clock): QuarantineBook {
  const columns =
    'agent, placed_by AS placedBy, since_ms AS sinceMs, until_ms AS untilMs, suspicions FROM quarantine';
  const upsert = database.prepare(
    `INSERT INTO quarantine (agent, placed_by, since_ms, until_ms, suspicions)
     VALUES (@agent, @placedBy, @sinceMs, @untilMs, @suspicions)
     ON CONFLICT DO UPDATE SET until_ms = excluded.until_ms, suspicions = excluded.suspicions`,
  );
  const ofAgent = database.prepare(
    `SELECT ${columns} WHERE agent = ? AND (until_ms IS NULL OR until_ms > ?)`,
  );
  const newest = database
    .prepare('SELECT agent FROM quarantine GROUP BY agent ORDER BY min(since_ms) DESC, agent LIMIT ?')
    .pluck();
  const byKey = database.prepare<[string, number], { agent: AgentKey; bytes: number }>(
    `SELECT agent, sum(octet_length(suspicions)) AS bytes FROM quarantine WHERE agent > ?
     GROUP BY agent ORDER BY agent LIMIT ?`,
  );
  const remove = database.prepare('DELETE FROM quarantine WHERE agent = ?');
  const removeOver = database.prepare('DELETE FROM quarantine WHERE until_ms <= ?');
  const changed = createListeners<AgentKey>();
  removeOver.run(clock.nowMs());
  /** Until when. */
  const held = new Map<AgentKey, number>();
  for (const { agent, untilMs } of database.prepare(`SELECT ${columns}`).all() as Row[])
    held.set(agent, Math.max(held.get(agent) ?? 0, endOf(untilMs)));

  const placementsOf = (agent: AgentKey): Placement[] =>
    (ofAgent.all(agent, clock.nowMs()) as Row[]).map(({ placedBy, sinceMs, untilMs, suspicions }) => ({
      by: placedBy,
      sinceMs,
      untilMs,
      suspicions: JSON.parse(suspicions) as Suspicion[],
    }));
  const of = (agent: AgentKey): Quarantine | undefined =>
    held.has(agent) ? mergePlacements(agent, placementsOf(agent)) : undefined;

  return {
    get size() {
      return held.size;
    },
    agents: () => [...held.keys()],
    isHeld: (agent) => (held.get(agent) ?? 0) > clock.nowMs(),
    of,
    put(agent, { by, untilMs, suspicions }) {
      const nowMs = clock.nowMs();
      if (endOf(untilMs) <= nowMs) {
        const message = `the quarantine of ${agent} would end at ${untilMs}, now is ${nowMs}; a later time or null is right`;
        throw new FairhopError('quarantine-over', message, { status: 400 });
      }
      const present = placementsOf(agent);
      const isNew = present.every((placement) => placement.by !== by);
      if ((isNew && present.length >= MAX_PLACEMENTS) || (!held.has(agent) && held.size >= MAX_AGENTS)) {
        const message = `${held.size} agents are in quarantine, ${agent} by ${present.length}; ${MAX_AGENTS} by ${MAX_PLACEMENTS} are the most: release some`;
        throw new FairhopError('quarantine-full', message, { status: 409 });
      }
      upsert.run({ agent, placedBy: by, sinceMs: nowMs, untilMs, suspicions: JSON.stringify(suspicions) });
      const merged = mergePlacements(agent, placementsOf(agent))!;
      held.set(agent, endOf(merged.untilMs));
      changed.tell(agent);
      return merged;
    },
    release(agent) {
      if (!held.has(agent)) {
        const message = `agent ${agent} is not in quarantine; \`fairhop quarantine list\` names those that are`;
        throw new FairhopError('quarantine-unknown', message, { status: 404 });
      }
      remove.run(agent);
      held.delete(agent);
      changed.tell(agent);
    },
    latest({ limit, agent: only }) {
      const agents = only === undefined ? (newest.all(limit) as AgentKey[]) : [only];
      const listed: Quarantine[] = [];
      let characters = 0;
      for (const agent of agents) {
        const quarantine = of(agent);
        if (!quarantine) continue;
        characters += JSON.stringify(quarantine).length;
        if (characters > MAX_LISTED_CHARACTERS) break;
        listed.push(quarantine);
      }
      return listed;
    },
    page({ limit, after = '' }) {
      const rows = byKey.all(after, limit + 1);
      const quarantine: Quarantine[] = [];
      let [bytes, next]: [number, AgentKey | null] = [0, null];
      for (const [index, row] of rows.entries()) {
        bytes += row.bytes;
        if (index > 0 && (index === limit || bytes > MAX_READ_BYTES)) return { quarantine, next };
        const held = of(row.agent);
        if (held) quarantine.push(withoutEvidence(held));
        next = row.agent;
      }
      return { quarantine, next: null };
    },
    expire() {
      const nowMs = clock.nowMs();
      const over = [...held].filter(([, untilMs]) => untilMs <= nowMs);
      if (over.length === 0) return;
      try {
        removeOver.run(nowMs);
      } catch {
        // A full disk: what is over counts for nobody, and goes with the next one or the next start.
      }
      for (const [agent] of over) {
        held.delete(agent);
        changed.tell(agent);
      }
    },
    onChange: changed.add,
  };
}
