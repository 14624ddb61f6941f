import type { AgentKey, Quarantine } from '@fairhop/shared/model';
import type { Clock, Logger } from '@fairhop/shared/service';
import type { QuarantineFeedback } from '../feedback/index.js';
import { quarantineMs, totalScore } from './score.js';
import type { SuspicionStore } from './suspicion-store.js';
import type { VerdictStore } from './verdict-store.js';

/** Where quarantines are kept: the coordinator, by the feedback. */
export type QuarantinePlace = Pick<QuarantineFeedback, 'isEnabled' | 'waiting' | 'put' | 'current'>;

export interface QuarantineKeeperDependencies {
  readonly suspicions: SuspicionStore;
  readonly verdicts: VerdictStore;
  readonly place: QuarantinePlace;
  readonly quarantineScore: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** Holds what is not settled of an agent, or lets it settle again. */
  readonly setQuarantined: (agent: AgentKey, isQuarantined: boolean) => void;
  /** What was counted of an agent before its release. */
  readonly forget: (agent: AgentKey) => void;
  readonly onQuarantined: () => void;
  readonly onReleased: () => void;
}

export interface QuarantineKeeper {
  /** Puts agents into quarantine that have earned it. Throws `feedback-full`. */
  judge(agents: readonly AgentKey[]): void;
  /** Follows time, and releases and quarantines of others at the coordinator. */
  follow(): Promise<void>;
}

export function createQuarantineKeeper({
  suspicions,
  verdicts,
  place,
  quarantineScore,
  clock,
  log,
  setQuarantined,
  forget,
  onQuarantined,
  onReleased,
}: QuarantineKeeperDependencies): QuarantineKeeper {
  const release = (agent: AgentKey, nowMs: number, heldOn?: Quarantine): void => {
    // The other way round, a crash between both would leave it held for ever, or let it settle too early.
    if (heldOn === undefined) setQuarantined(agent, false);
    else verdicts.putOther(heldOn);
    forget(agent);
    verdicts.release(agent, nowMs);
    onReleased();
    log.info({ agent, heldUntilMs: heldOn?.untilMs }, 'a quarantine of an agent is over');
  };
  const judgeOne = (agent: AgentKey, nowMs: number): void => {
    const found = suspicions.of(agent);
    const score = totalScore(found);
    if (score < quarantineScore) return;
    const durationMs = quarantineMs(found, quarantineScore);
    const before = verdicts.openOf(agent);
    const sinceMs = before?.sinceMs ?? nowMs;
    const untilMs = durationMs === null ? null : sinceMs + durationMs;
    const isForLonger = untilMs === null || (before?.untilMs != null && untilMs > before.untilMs);
    if (before !== undefined && (before.untilMs === null || !isForLonger)) return;
    // Each of the three is the same when it is done again: a crash between them costs nothing.
    place.put(agent, { untilMs, suspicions: found.map(({ subject: _, ...suspicion }) => suspicion) });
    setQuarantined(agent, true);
    verdicts.put({ agent, sinceMs, untilMs, score, isConfirmed: false });
    if (before === undefined) onQuarantined();
  };
  /** What the coordinator holds for longer goes on. */
  const releaseOver = (nowMs: number, current?: ReadonlyMap<AgentKey, Quarantine>): void => {
    for (const { agent, untilMs } of verdicts.open())
      if (untilMs !== null && untilMs <= nowMs) release(agent, nowMs, current?.get(agent));
  };
  /** `current` has all, so that who is not in it was released. */
  const followList = (
    current: ReadonlyMap<AgentKey, Quarantine>,
    isAllThere: boolean,
    nowMs: number,
  ): void => {
    releaseOver(nowMs, current);
    for (const { agent, isConfirmed } of verdicts.open()) {
      if (current.has(agent)) {
        if (!isConfirmed) verdicts.confirm(agent);
      } else if (isConfirmed || isAllThere) release(agent, nowMs);
    }
    const others = verdicts.others();
    for (const [agent, quarantine] of current) {
      if (verdicts.openOf(agent) !== undefined || others.has(agent)) continue;
      setQuarantined(agent, true);
      verdicts.putOther(quarantine);
    }
    for (const agent of others.keys()) {
      if (current.has(agent)) continue;
      if (verdicts.openOf(agent) === undefined) release(agent, nowMs);
      verdicts.removeOther(agent);
    }
  };
  return {
    judge(agents) {
      if (!place.isEnabled) return;
      for (const agent of agents) judgeOne(agent, clock.nowMs());
    },
    async follow() {
      if (!place.isEnabled) {
        releaseOver(clock.nowMs());
        return;
      }
      // What the coordinator has and does not list any more was released there by hand.
      const isAllThere = place.waiting === 0;
      followList(await place.current(), isAllThere, clock.nowMs());
    },
  };
}
