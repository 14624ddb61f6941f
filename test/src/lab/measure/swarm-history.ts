import type { WireRow } from './wire-row.js';

/** One direction of two agents being connected for one content. */
interface Channel {
  readonly content: string;
  readonly source: string;
  readonly destination: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly openings: number;
}

/** Who had which part of a content when, and who was connected, as far as rows tell. */
export interface SwarmHistory {
  readonly channels: readonly Channel[];
  /** Bytes of a content that came to a host in a span of time, each row's evenly over its own. */
  arrived(content: string, host: string, fromMs: number, toMs: number): number;
}

/**
 * An agent connects to all others of a swarm when both are in it, and stays until it has all. A channel that carried nothing has no
 * row: where one direction has rows, the other one could connect too.
 */
export function createSwarmHistory(rows: readonly WireRow[]): SwarmHistory {
  const toHost = groupBy(rows, ({ content, destination }) => memberKey(content, destination));
  const arrivals = (content: string, host: string): readonly WireRow[] =>
    toHost.get(memberKey(content, host)) ?? [];
  /** A host that got nothing had all before. */
  const begunMs = (content: string, host: string): number =>
    arrivals(content, host).length === 0
      ? Number.NEGATIVE_INFINITY
      : Math.min(...arrivals(content, host).map(({ startMs }) => startMs));
  const completeMs = (content: string, host: string): number =>
    Math.max(...arrivals(content, host).map(({ endMs }) => endMs));

  const between = groupBy(
    rows.filter(({ kind }) => kind === 'client-to-client'),
    ({ content, source, destination }) => pairKey(content, source, destination),
  );
  const channelOf = (content: string, source: string, destination: string, openings: number): Channel => ({
    content,
    source,
    destination,
    fromMs: Math.max(begunMs(content, source), begunMs(content, destination)),
    toMs: completeMs(content, destination),
    openings,
  });
  const channels = [...between.values()].flatMap((pair) => {
    const { content, source, destination } = pair[0]!;
    const openings = new Set(pair.map(({ transferId }) => transferId)).size;
    const back = between.has(pairKey(content, destination, source))
      ? []
      : [channelOf(content, destination, source, 1)];
    return [channelOf(content, source, destination, openings), ...back];
  });
  return {
    // Whoever had all before the other one came asked for nothing.
    channels: channels.filter(({ fromMs, toMs }) => toMs > fromMs),
    arrived: (content, host, fromMs, toMs) =>
      arrivals(content, host).reduce((total, { startMs, endMs, bytes }) => {
        const lastMs = Math.max(endMs, startMs + 1);
        const overlapMs = Math.min(toMs, lastMs) - Math.max(fromMs, startMs);
        return overlapMs <= 0 ? total : total + (bytes * overlapMs) / (lastMs - startMs);
      }, 0),
  };
}

const memberKey = (content: string, host: string): string => `${content} ${host}`;
const pairKey = (content: string, source: string, destination: string): string =>
  `${content} ${source} ${destination}`;

function groupBy<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): ReadonlyMap<string, readonly Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
