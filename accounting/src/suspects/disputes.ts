import type { Database } from 'better-sqlite3';
import { type Finding, finding } from '../plausibility/finding.js';
import { blame, type Meeting, MIN_WITNESSES } from './blame.js';
import { type Difference, isTelling, type SilenceLimits } from './differences.js';

export interface Disputes {
  /** Agents that are guilty by disputes as of now, with what shows it. */
  judge(nowMs: number): Map<string, Finding>;
  /** Distinct counterparts with whom the agent differs, and with whom it does not. */
  counterparts(agent: string): { disputed: number; settled: number };
}

/** The newest of all; older ones were judged. */
const MAX_DIFFERING = 20_000;
/** Of one agent, which is enough to know its standing. */
const MAX_SETTLED = 500;
/** Counted of one agent, to be shown. */
const MAX_COUNTERPARTS = 10_000;
const GUILTY_SCORE = 80;
/** For each witness more. */
const WITNESS_SCORE = 5;

interface DifferingRow {
  transferId: string;
  uploader: string;
  downloader: string;
  difference: Difference;
  lastMs: number;
  signedMs: number;
  downloaderSignedMs: number;
  downloaderReportedMs: number;
  uploaderStatedMs: number;
}

interface SettledPair {
  readonly uploader: string;
  readonly downloader: string;
  readonly count: number;
}

interface Pair {
  readonly uploader: string;
  readonly downloader: string;
  words: number;
  silent: number;
  /** Of those that may have been broken off: when. */
  readonly brokeMs: number[];
  lastMs: number;
}

/**
 * Who lies as a downloader may be honest as an uploader, and with whom it agrees there says nothing of its lies: its standing is looked
 * at in each role by itself, and in both together.
 */
type Roles = 'apart' | 'together';

const nameOf = (agent: string, role: 'uploader' | 'downloader', roles: Roles): string =>
  roles === 'apart' ? `${agent} ${role}` : agent;
const agentOf = (name: string): string => name.split(' ', 1)[0]!;

const pairKey = (one: string, other: string): string => (one < other ? `${one} ${other}` : `${other} ${one}`);

export function createDisputes(
  database: Database,
  {
    limits,
    releasedMs,
    isGuilty,
  }: {
    readonly limits: SilenceLimits;
    readonly releasedMs: (agent: string) => number;
    /** Known by other proofs. */
    readonly isGuilty: (agent: string) => boolean;
  },
): Disputes {
  const selectDiffering = database.prepare<[], DifferingRow>(
    `SELECT t.transfer_id AS transferId, uploader, downloader, difference, last_ms AS lastMs, t.signed_ms AS signedMs,
       coalesce(d.signed_ms, 0) AS downloaderSignedMs, coalesce(d.reported_ms, 0) AS downloaderReportedMs,
       coalesce(u.stated_ms, 0) AS uploaderStatedMs
     FROM transfers t LEFT JOIN agents d ON d.agent = downloader LEFT JOIN agents u ON u.agent = uploader
     WHERE difference NOT IN ('none', 'open') ORDER BY t.id DESC LIMIT ${MAX_DIFFERING}`,
  );
  const selectSettled = database.prepare<
    [Record<string, unknown>],
    { uploader: string; downloader: string; count: number }
  >(
    `SELECT uploader, downloader, count(*) AS count FROM transfers
     WHERE uploader = @agent AND difference = 'none' GROUP BY downloader
     UNION ALL SELECT uploader, downloader, count(*) FROM transfers
     WHERE downloader = @agent AND difference = 'none' GROUP BY uploader LIMIT ${2 * MAX_SETTLED}`,
  );

  const selectCounts = database.prepare<[Record<string, unknown>], { other: string; differs: number }>(
    `SELECT DISTINCT * FROM (
       SELECT downloader AS other, difference <> 'none' AS differs FROM transfers WHERE uploader = @agent AND difference <> 'open'
       UNION ALL SELECT uploader, difference <> 'none' FROM transfers WHERE downloader = @agent AND difference <> 'open')
     LIMIT ${MAX_COUNTERPARTS}`,
  );

  const differingPairs = (nowMs: number, roles: Roles): Map<string, Pair> => {
    const pairs = new Map<string, Pair>();
    for (const { difference, lastMs, signedMs, ...row } of selectDiffering.all()) {
      const uploader = nameOf(row.uploader, 'uploader', roles);
      const downloader = nameOf(row.downloader, 'downloader', roles);
      if (!isTelling(difference, { lastMs, signedMs }, row, nowMs, limits)) continue;
      const key = pairKey(uploader, downloader);
      const pair = pairs.get(key) ?? { uploader, downloader, words: 0, silent: 0, brokeMs: [], lastMs: 0 };
      if (difference === 'words') pair.words += 1;
      else pair.silent += 1;
      if (difference === 'unacknowledged') pair.brokeMs.push(signedMs);
      pair.lastMs = Math.max(pair.lastMs, lastMs);
      pairs.set(key, pair);
    }
    return pairs;
  };
  const settledPairs = (agents: ReadonlySet<string>, roles: Roles): Map<string, SettledPair> => {
    const byDirection = new Map<string, SettledPair>();
    for (const agent of agents)
      for (const { uploader, downloader, count } of selectSettled.all({ agent }))
        byDirection.set(`${uploader} ${downloader}`, { uploader, downloader, count });
    const pairs = new Map<string, SettledPair>();
    for (const pair of byDirection.values()) {
      const uploader = nameOf(pair.uploader, 'uploader', roles);
      const downloader = nameOf(pair.downloader, 'downloader', roles);
      const key = pairKey(uploader, downloader);
      const count = pair.count + (pairs.get(key)?.count ?? 0);
      pairs.set(key, { uploader, downloader, count });
    }
    return pairs;
  };
  const meetingsOf = (nowMs: number, roles: Roles): Meeting[] => {
    const pairs = differingPairs(nowMs, roles);
    const agents = [...pairs.values()].flatMap(({ uploader, downloader }) => [uploader, downloader]);
    const settled = settledPairs(new Set(agents.map(agentOf)), roles);
    const meetings: Meeting[] = [];
    for (const [key, { uploader: one, downloader: other, words, silent, brokeMs, lastMs }] of pairs) {
      // One line that broke among many that held is no dispute.
      const isSilent = words === 0 && silent >= (settled.get(key)?.count ?? 0);
      if (words === 0 && !isSilent) continue;
      settled.delete(key);
      const forgiven = [one, other].filter((name) => lastMs <= releasedMs(agentOf(name)));
      const isBreak = words === 0 && brokeMs.length === silent;
      meetings.push({
        ...{ one, other, differs: words > 0 ? 'words' : 'silence', forgiven },
        ...(isBreak && { brokeMs }),
      });
    }
    for (const { uploader: one, downloader: other } of settled.values())
      meetings.push({ one, other, differs: 'never' });
    return meetings;
  };
  return {
    judge(nowMs) {
      const guilty = new Map<string, Finding>();
      for (const roles of ['together', 'apart'] as const) {
        const standings = blame(meetingsOf(nowMs, roles), (name) => isGuilty(agentOf(name)));
        for (const { agent: name, isGuilty: isFound, witnesses, settled } of standings) {
          const agent = agentOf(name);
          const before = guilty.get(agent);
          const score = GUILTY_SCORE + WITNESS_SCORE * (witnesses.length - MIN_WITNESSES);
          if (!isFound || (before !== undefined && before.score >= Math.min(100, score))) continue;
          const message = `${witnesses.length} counterparts in good standing differ with what it says; ${settled} do not`;
          const evidence = witnesses
            .map(agentOf)
            .map((witness) => `agent ${witness}: GET /v1/disputes?agent=${witness}`);
          guilty.set(agent, finding('disputed-by-counterparts', 'disputes', score, message, evidence));
        }
      }
      return guilty;
    },
    counterparts(agent) {
      const rows = selectCounts.all({ agent });
      const othersOf = (isDiffering: boolean): Set<string> =>
        new Set(rows.filter(({ differs }) => (differs === 1) === isDiffering).map(({ other }) => other));
      const [disputed, agreed] = [othersOf(true), othersOf(false)];
      return { disputed: disputed.size, settled: [...agreed].filter((other) => !disputed.has(other)).length };
    },
  };
}
