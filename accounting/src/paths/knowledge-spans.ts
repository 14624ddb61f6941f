import { createBoundedCache } from '@fairhop/shared/model';
import type { PathKnowledge } from './knowledge.js';

/** Times between which nothing that is known changes. */
export interface KnowledgeSpans {
  /** A name of the span that holds the time; another one once something else is known about that time. */
  keyAt(timeMs: number): string;
  /** Times within (fromMs, toMs) at which something changes, ascending. */
  changes(fromMs: number, toMs: number): readonly number[];
}

const HOUR_MS = 3_600_000;
/** Late reports reach back for days; an entry takes about 200 bytes. */
const maximumHours = 2_000;

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
  const changes = (fromMs: number, toMs: number): readonly number[] => {
    const [routes, declarations] = [ribs.changes(fromMs, toMs), networks.changes(fromMs, toMs)];
    if (declarations.length === 0) return routes;
    return [...new Set([...routes, ...declarations])].sort((left, right) => left - right);
  };
  const hourOf = (number: number): Hour => {
    const revisions = `${ribs.revision} ${networks.revision}`;
    const known = hours.get(number);
    if (known?.revisions === revisions) return known;
    const starts = [number * HOUR_MS, ...changes(number * HOUR_MS, (number + 1) * HOUR_MS)];
    const hour = { revisions, starts, keys: starts.map((startMs) => `${revisions} ${startMs}`) };
    hours.set(number, hour);
    return hour;
  };
  return {
    keyAt(timeMs) {
      const { starts, keys } = hourOf(Math.floor(timeMs / HOUR_MS));
      let index = starts.length - 1;
      while (index > 0 && starts[index]! > timeMs) index -= 1;
      return keys[index]!;
    },
    changes,
  };
}
