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

interface Pair {
  readonly uploader: string;
  readonly downloader: string;
  words: number;
  silent: number;
  lastMs: number;
}

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
  const selectSettled = database.prepare<[Record<string, unknown>], { other: string; count: number }>(
    `SELECT other, sum(count) AS count FROM (
       SELECT downloader AS other, count(*) AS count FROM transfers WHERE uploader = @agent AND difference = 'none' GROUP BY downloader
       UNION ALL SELECT uploader, count(*) FROM transfers WHERE downloader = @agent AND difference = 'none' GROUP BY uploader)
     GROUP BY other LIMIT ${MAX_SETTLED}`,
  );

  const selectCounts = database.prepare<[Record<string, unknown>], { other: string; differs: number }>(
    `SELECT DISTINCT * FROM (
       SELECT downloader AS other, difference <> 'none' AS differs FROM transfers WHERE uploader = @agent AND difference <> 'open'
       UNION ALL SELECT uploader, difference <> 'none' FROM transfers WHERE downloader = @agent AND difference <> 'open')
     LIMIT ${MAX_COUNTERPARTS}`,
  );

  const differingPairs = (nowMs: number): Map<string, Pair> => {
    const pairs = new Map<string, Pair>();
    for (const { uploader, downloader, difference, lastMs, signedMs, ...activity } of selectDiffering.all()) {
      if (!isTelling(difference, { lastMs, signedMs }, activity, nowMs, limits)) continue;
      const key = pairKey(uploader, downloader);
      const pair = pairs.get(key) ?? { uploader, downloader, words: 0, silent: 0, lastMs: 0 };
      if (difference === 'words') pair.words += 1;
      else pair.silent += 1;
      pair.lastMs = Math.max(pair.lastMs, lastMs);
      pairs.set(key, pair);
    }
    return pairs;
  };
  const meetingsOf = (nowMs: number): Meeting[] => {
    const pairs = differingPairs(nowMs);
    const agents = new Set([...pairs.values()].flatMap(({ uploader, downloader }) => [uploader, downloader]));
    const settled = new Map<string, { one: string; other: string; count: number }>();
    for (const one of agents)
      for (const { other, count } of selectSettled.all({ agent: one }))
        settled.set(pairKey(one, other), { one, other, count });
    const meetings: Meeting[] = [];
    for (const [key, { uploader: one, downloader: other, words, silent, lastMs }] of pairs) {
      // One line that broke among many that held is no dispute.
      const isSilent = words === 0 && silent >= (settled.get(key)?.count ?? 0);
      if (words === 0 && !isSilent) continue;
      settled.delete(key);
      const forgiven = [one, other].filter((agent) => lastMs <= releasedMs(agent));
      meetings.push({ one, other, differs: words > 0 ? 'words' : 'silence', forgiven });
    }
    for (const { one, other } of settled.values()) meetings.push({ one, other, differs: 'never' });
    return meetings;
  };
  return {
    judge(nowMs) {
      const guilty = new Map<string, Finding>();
      for (const { agent, isGuilty: isFound, witnesses, settled } of blame(meetingsOf(nowMs), isGuilty)) {
        if (!isFound) continue;
        const score = GUILTY_SCORE + WITNESS_SCORE * (witnesses.length - MIN_WITNESSES);
        const message = `${witnesses.length} counterparts in good standing differ with what it says; ${settled} do not`;
        const evidence = witnesses.map((key) => `agent ${key}: GET /v1/disputes?agent=${key}`);
        guilty.set(agent, finding('disputed-by-counterparts', 'disputes', score, message, evidence));
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
