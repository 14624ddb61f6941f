import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Contradiction, Suspect } from '@fairhop/shared/contract';
import type { AgentKey, Quarantine } from '@fairhop/shared/model';
import { type Clock, type Logger, openDatabase } from '@fairhop/shared/service';
import type { Database } from 'better-sqlite3';
import { inSlices } from '../networks/steps.js';
import type { Finding } from '../plausibility/index.js';
import { type CheckDraws, createDrawCheck } from './check-draws.js';
import type { SuspectsConfig } from './config.js';
import { createDisputes } from './disputes.js';
import { createExaminer } from './examine.js';
import { createObservations } from './observations.js';
import { createQuarantineKeeper, type QuarantinePlace } from './quarantine-keeper.js';
import { readLedger } from './read-ledger.js';
import { suspectMigrations } from './schema.js';
import { totalScore } from './score.js';
import { createSuspicionStore, type StoredSuspicion, type SuspicionStore } from './suspicion-store.js';
import { createVerdictStore, type VerdictStore } from './verdict-store.js';

export interface SuspectsDependencies {
  /** The ledger, for reading. */
  readonly database: Database;
  readonly contradictions: (afterId: number, limit: number) => Contradiction[];
  readonly setQuarantined: (agent: AgentKey, isQuarantined: boolean) => void;
  readonly place: QuarantinePlace;
  /** Without it pairings are believed to be drawn. */
  readonly checkDraws: CheckDraws | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onFound: (check: string) => void;
  readonly onQuarantined: () => void;
  readonly onReleased: () => void;
}

export interface Suspects {
  /** Looks at what is booked, every so often. */
  start(): void;
  /** Ends after the turn under way. */
  stop(): Promise<void>;
  /** Looks at all that is booked by now; whoever asks while it does waits for the next time. */
  review(): Promise<void>;
  /** The highest score first. */
  list(limit: number): Suspect[];
  /** By agent, with how many in good standing it differed at the last look; those of one break count once. */
  readonly independent: ReadonlyMap<AgentKey, number>;
  /** Agents that are in quarantine by what was found here. */
  readonly quarantined: number;
}

/** As many as an answer shows of one agent. */
const MAX_SHOWN = 32;

/** Who does not look honest, and quarantine of those who surely are not. Throws what `openDatabase` throws. */
export function createSuspects(
  file: string,
  { intervalMs, quarantineScore, quietMs, muteMs, thresholds }: SuspectsConfig,
  dependencies: SuspectsDependencies,
): Suspects {
  const { clock, log, place, setQuarantined, onFound } = dependencies;
  // NORMAL: what a power cut takes is found again, since the cursors go back with it.
  const database = openDatabase(file, suspectMigrations, { synchronous: 'NORMAL' });
  const observations = createObservations(database);
  const suspicions = createSuspicionStore(database);
  const verdicts = createVerdictStore(database);
  const { releasedMs } = verdicts;
  const found = (agent: AgentKey, finding: Finding): void => {
    if (suspicions.add(agent, finding, clock.nowMs())) onFound(finding.check);
  };
  const examine = createExaminer({
    ...{ ledger: readLedger(dependencies.database), contradictions: dependencies.contradictions },
    ...{ observations, thresholds, releasedMs, found },
  });
  const disputes = createDisputes(database, {
    ...{ limits: { quietMs, muteMs }, releasedMs },
    guiltyAgents: () => new Set(verdicts.open().map(({ agent }) => agent)),
  });
  const keeper = createQuarantineKeeper({
    ...{ suspicions, verdicts, place, quarantineScore, clock, log, setQuarantined },
    ...{ onQuarantined: dependencies.onQuarantined, onReleased: dependencies.onReleased },
    forget: observations.forgetReceived,
  });
  const { checkDraws } = dependencies;
  const drawCheck = checkDraws && createDrawCheck(database, { check: checkDraws, thresholds, found, log });

  const turn = database.transaction((): boolean => examine());
  const judge = database.transaction((guilty: ReadonlyMap<AgentKey, Finding>): void => {
    for (const [agent, finding] of guilty) found(agent, finding);
    observations.prune(clock.nowMs(), thresholds.volumeWindowMs);
    if (!place.isEnabled) return;
    const { agents, lastId } = suspicions.agentsAfter(observations.cursor(JUDGED) ?? 0);
    keeper.judge(agents);
    observations.setCursor(JUDGED, lastId);
  });
  let timer: NodeJS.Timeout | undefined;
  const stopping = new AbortController();
  let last: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;

  /** What fails is done the next time; the rest goes on. */
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      if (!stopping.signal.aborted) await work();
    } catch (error) {
      if (!stopping.signal.aborted) log.error({ err: error }, what);
    }
  };
  const reviewOnce = async (): Promise<void> => {
    await attempt('the ledger could not be looked through for suspects', async () => {
      while (!stopping.signal.aborted && turn.immediate()) await nextTurn();
    });
    await attempt('the coordinator could not be asked what it ordered', async () => {
      while (drawCheck !== undefined && !stopping.signal.aborted && (await drawCheck())) await nextTurn();
    });
    await attempt('suspects could not be judged', async () => {
      judge.immediate(await inSlices(disputes.judge(clock.nowMs()), stopping.signal));
    });
    await attempt('the coordinator could not be asked who is in quarantine', () => keeper.follow());
  };
  const review = (): Promise<void> => {
    waiting ??= last.then(() => {
      waiting = undefined;
      last = reviewOnce();
      return last;
    });
    return waiting;
  };
  return {
    start() {
      timer = setInterval(() => void review(), intervalMs);
    },
    async stop() {
      clearInterval(timer);
      if (stopping.signal.aborted) return;
      stopping.abort();
      await (waiting ?? last);
      database.close();
    },
    review,
    list: (limit) => listOf(limit, { suspicions, verdicts, counterparts: disputes.counterparts }),
    get independent() {
      return disputes.independent;
    },
    get quarantined() {
      return stopping.signal.aborted ? 0 : verdicts.open().length;
    },
  };
}

/** The last suspicion that was judged. */
const JUDGED = 'judged';

function listOf(
  limit: number,
  {
    suspicions,
    verdicts,
    counterparts,
  }: {
    readonly suspicions: SuspicionStore;
    readonly verdicts: VerdictStore;
    readonly counterparts: (agent: string) => { disputed: number; settled: number };
  },
): Suspect[] {
  const others = verdicts.others();
  const agents = new Set([...suspicions.heaviest(limit), ...others.keys()]);
  const shown = [...agents].map((agent): Suspect => {
    const found = suspicions.of(agent);
    const { disputed, settled } = counterparts(agent);
    return {
      agent,
      score: totalScore(found),
      suspicions: told(found),
      disputedCounterparts: disputed,
      settledCounterparts: settled,
      quarantine: others.get(agent) ?? ownQuarantine(agent, verdicts, found),
    };
  });
  return shown.sort((one, other) => other.score - one.score).slice(0, limit);
}

const told = (found: readonly StoredSuspicion[]): Suspect['suspicions'] =>
  found.slice(0, MAX_SHOWN).map(({ subject: _, ...suspicion }) => suspicion);

function ownQuarantine(
  agent: AgentKey,
  verdicts: VerdictStore,
  found: readonly StoredSuspicion[],
): Quarantine | null {
  const verdict = verdicts.openOf(agent);
  if (verdict === undefined || found.length === 0) return null;
  const { sinceMs, untilMs } = verdict;
  return { agent, sinceMs, untilMs, by: 'accounting', suspicions: told(found) };
}
