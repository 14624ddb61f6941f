import type { ReportMessage } from '@fairhop/shared/model';
import type { Chance } from '../simulation/random.js';
import type { Told } from './traffic.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `any`: from minutes to weeks late. `in-time`: within a day and a half. */
export type Lateness = 'any' | 'in-time';

export interface Arrival {
  readonly timeMs: number;
  readonly told: Told;
  readonly messages: readonly ReportMessage[];
}

/**
 * When what is told arrives, and how often: later, reordered and again, after days in which some reporters reached nobody. Each
 * message arrives at least once.
 */
export function planArrivals(told: readonly Told[], lateness: Lateness, chance: Chance): Arrival[] {
  const reporters = [...new Set(told.map(({ reporter }) => reporter.key))];
  const beginMs = Math.min(...told.map(({ overMs }) => overMs));
  const away = new Map(
    chance
      .shuffled(reporters)
      .slice(0, lateness === 'any' ? 3 : 0)
      .map((key) => {
        const fromMs = beginMs + chance.between(10, 80) * DAY_MS;
        return [key, { fromMs, toMs: fromMs + chance.between(3, 13) * DAY_MS }];
      }),
  );
  const delayOf = (isWord: boolean): number => {
    if (lateness === 'in-time') return chance.between(1, 36 * 60) * MINUTE_MS;
    const lot = chance.below(40);
    if (lot < 20) return chance.between(1, 20) * MINUTE_MS;
    if (lot < 26) return chance.between(1, 30) * HOUR_MS;
    // So that often nothing comes to a closed period but that what it has settles.
    const isVeryLate = isWord || lot >= 38;
    return chance.between(1, isVeryLate ? 45 : 7) * DAY_MS;
  };
  return told
    .flatMap((one) => {
      const times = [one.overMs + delayOf(one.isWord)];
      if (chance.oneIn(5)) times.push(times[0]! + delayOf(false));
      return times.map((plannedMs) => {
        const gone = away.get(one.reporter.key);
        const isAway = gone !== undefined && plannedMs >= gone.fromMs && plannedMs < gone.toMs;
        const timeMs = isAway ? gone.toMs + chance.below(60) * MINUTE_MS : plannedMs;
        const messages = chance.oneIn(3) ? chance.shuffled(one.messages) : one.messages;
        return { timeMs, told: one, messages };
      });
    })
    .sort((left, right) => left.timeMs - right.timeMs);
}
