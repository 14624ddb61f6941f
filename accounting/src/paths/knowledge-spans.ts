import { createBoundedCache } from '@fairhop/shared/model';
import type { PathKnowledge } from './knowledge.js';

/** Times between which nothing that is known changes. */
export interface KnowledgeSpans {
  /** A name of the span that holds the time; another one once something else is known about that time. */
  keyAt(timeMs: number): string;
  /**
   * Times within (fromMs, toMs) at which something changes, ascending; of many, some at even distances in their order: a part of a
   * transfer is resolved anew at each.
   */
  changes(fromMs: number, toMs: number): readonly number[];
}

const HOUR_MS = 3_600_000;
/** Late reports reach back for days; an entry takes about 200 bytes. */
const maximumHours = 2_000;

/**
 * Of each kind. A part takes seconds, in which a few routers write a dump; resolving takes 0.1 ms and more. What many ISPs declare
 * within one part is most of it not on its way, and must not hold up what waits to be booked.
 */
const maximumChangesEach = 16;

interface Hour {
  readonly revisions: string;
  /** Ascending, the first one is the begin of the hour. */
  readonly starts: readonly number[];
  readonly keys: readonly string[];
}

export function createKnowledgeSpans({
  ribs,
  networks,
}: Pick<PathKnowledge, 'ribs' | 'networks'>): KnowledgeSpans {
  const hours = createBoundedCache<number, Hour>(maximumHours);
  const changes = (fromMs: number, toMs: number, most: number): readonly number[] => {
    const routes = some(ribs.changes(fromMs, toMs), most);
    const declarations = some(networks.changes(fromMs, toMs), most);
    if (declarations.length === 0) return routes;
    return [...new Set([...routes, ...declarations])].sort((left, right) => left - right);
  };
  const hourOf = (number: number): Hour => {
    const revisions = `${ribs.revision} ${networks.revision}`;
    const known = hours.get(number);
    if (known?.revisions === revisions) return known;
    const starts = [number * HOUR_MS, ...changes(number * HOUR_MS, (number + 1) * HOUR_MS, Infinity)];
    const hour = { revisions, starts, keys: starts.map((startMs) => `${revisions} ${startMs}`) };
    hours.set(number, hour);
    return hour;
  };
  return {
    keyAt(timeMs) {
      const { starts, keys } = hourOf(Math.floor(timeMs / HOUR_MS));
      let [low, high] = [0, starts.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (starts[middle]! <= timeMs) low = middle + 1;
        else high = middle;
      }
      return keys[Math.max(0, low - 1)]!;
    },
    changes: (fromMs, toMs) => changes(fromMs, toMs, maximumChangesEach),
  };
}

function some(times: readonly number[], most: number): readonly number[] {
  if (times.length <= most) return times;
  return Array.from({ length: most }, (_, index) => times[Math.floor((index * times.length) / most)]!);
}
