import { clientSite } from '@fairhop/shared/net';
import type { Database } from 'better-sqlite3';
import type { Steps } from '../networks/steps.js';
import { type Finding, finding } from '../plausibility/finding.js';
import { isTelling, type SilenceLimits } from './differences.js';
import { blameByRole, type DifferingTransfer, type SettledPair, type Told } from './roles.js';
import { MIN_WITNESSES } from './sides.js';

export interface Disputes {
  /** Agents that are guilty by disputes as of now, with what shows it. */
  judge(nowMs: number): Steps<Map<string, Finding>>;
  /** With how many in good standing each agent differed when all were judged last; none where it is not there. */
  readonly independent: ReadonlyMap<string, number>;
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

interface DifferingRow extends DifferingTransfer {
  readonly downloaderSignedMs: number;
  readonly downloaderHeardMs: number;
  readonly uploaderHeardMs: number;
}

export function createDisputes(
  database: Database,
  {
    limits,
    releasedMs,
    guiltyAgents,
  }: {
    readonly limits: SilenceLimits;
    readonly releasedMs: (agent: string) => number;
    /** Who is known to be guilty. */
    readonly guiltyAgents: () => ReadonlySet<string>;
  },
): Disputes {
  const selectDiffering = database.prepare<[], DifferingRow>(
    `SELECT uploader, downloader, difference, last_ms AS lastMs, t.signed_ms AS signedMs,
       coalesce(d.signed_ms, 0) AS downloaderSignedMs, coalesce(max(d.reported_ms, d.stated_ms), 0) AS downloaderHeardMs,
       coalesce(max(u.reported_ms, u.stated_ms), 0) AS uploaderHeardMs
     FROM transfers t LEFT JOIN agents d ON d.agent = downloader LEFT JOIN agents u ON u.agent = uploader
     WHERE difference NOT IN ('none', 'open') ORDER BY t.id DESC LIMIT ${MAX_DIFFERING}`,
  );
  const selectSettled = database.prepare<[Record<string, unknown>], SettledPair>(
    `SELECT uploader, downloader, count(*) AS count FROM transfers
     WHERE uploader = @agent AND difference = 'none' GROUP BY downloader
     UNION ALL SELECT uploader, downloader, count(*) FROM transfers
     WHERE downloader = @agent AND difference = 'none' GROUP BY uploader LIMIT ${2 * MAX_SETTLED}`,
  );

  const selectAddress = database
    .prepare<[string], string | null>('SELECT edge_address FROM agents WHERE agent = ?')
    .pluck();
  /** Where an edge saw it; all that no edge saw are in one place, for addresses that agents tell of cost as little as keys. */
  const siteOf = (agent: string): string => {
    const address = selectAddress.get(agent);
    return address ? clientSite(address) : '';
  };
  let independent = new Map<string, number>();
  const selectCounts = database.prepare<[Record<string, unknown>], { other: string; differs: number }>(
    `SELECT DISTINCT * FROM (
       SELECT downloader AS other, difference <> 'none' AS differs FROM transfers WHERE uploader = @agent AND difference <> 'open'
       UNION ALL SELECT uploader, difference <> 'none' FROM transfers WHERE downloader = @agent AND difference <> 'open')
     LIMIT ${MAX_COUNTERPARTS}`,
  );

  /** Rows of silence that are telling by now, and with whom their ends agree. */
  const read = function* (nowMs: number): Steps<Told> {
    const differing = selectDiffering
      .all()
      .filter((row) => isTelling(row.difference, row, row, nowMs, limits));
    const agents = new Set(differing.flatMap(({ uploader, downloader }) => [uploader, downloader]));
    const settled = new Map<string, SettledPair>();
    for (const agent of agents) {
      for (const pair of selectSettled.all({ agent }))
        settled.set(`${pair.uploader} ${pair.downloader}`, pair);
      yield;
    }
    return { differing, settled: [...settled.values()] };
  };
  return {
    *judge(nowMs) {
      const guilty = new Map<string, Finding>();
      const differedWith = new Map<string, number>();
      const before = guiltyAgents();
      const known = { isGuilty: (agent: string) => before.has(agent), addressOf: siteOf, releasedMs };
      for (const standing of yield* blameByRole(yield* read(nowMs), known)) {
        const { agent, isGuilty, witnesses, settled } = standing;
        if (standing.independent > (differedWith.get(agent) ?? 0))
          differedWith.set(agent, standing.independent);
        const other = guilty.get(agent);
        const score = GUILTY_SCORE + WITNESS_SCORE * (witnesses.length - MIN_WITNESSES);
        if (!isGuilty || (other !== undefined && other.score >= Math.min(100, score))) continue;
        const message = `${witnesses.length} counterparts in good standing differ with what it says; ${settled} do not`;
        const evidence = witnesses.map((witness) => `agent ${witness}: GET /v1/disputes?agent=${witness}`);
        guilty.set(agent, finding('disputed-by-counterparts', 'disputes', score, message, evidence));
      }
      independent = differedWith;
      return guilty;
    },
    get independent() {
      return independent;
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
