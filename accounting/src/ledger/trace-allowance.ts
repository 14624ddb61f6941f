/** Whose trace it is, of which transfer, and between which networks in which direction. */
interface TraceOrigin {
  readonly reporter: string;
  readonly transferId: string;
  readonly pair: string;
}

/**
 * Traces of agents that are kept in one day, over all. Each brings at most 64 routers, so that agents add at most 640,000
 * components and, for each way that the ASes between two networks take that day, 10,000 paths, however many agents there are.
 */
export const DAILY_TRACES = 10_000;

/** Within that, of one day. */
const limits = {
  /** An agent meets some hundred others in a day, most of them in networks that others trace too. */
  reporter: 100,
  /** Each end one, and one more each when the connection moves. */
  transfer: 4,
  /** One every three hours: as many paths at most does a way between two networks get from agents in a day. */
  pair: 8,
  /** So that one agent alone does not tell what a day of a pair looks like. */
  reporterOfPair: 4,
} as const;

/** How many traces of agents are kept of one day. Those beyond are acknowledged and left out. */
export interface TraceAllowance {
  hasRoom(origin: TraceOrigin): boolean;
  /** One is kept. */
  count(origin: TraceOrigin): void;
}

export function createTraceAllowance(): TraceAllowance {
  let total = 0;
  /** At most four for each kept trace. */
  const counts = new Map<string, number>();
  return {
    hasRoom: (origin) =>
      total < DAILY_TRACES && keysOf(origin).every(([key, limit]) => (counts.get(key) ?? 0) < limit),
    count(origin) {
      total += 1;
      for (const [key] of keysOf(origin)) counts.set(key, (counts.get(key) ?? 0) + 1);
    },
  };
}

const keysOf = ({ reporter, transferId, pair }: TraceOrigin): readonly (readonly [string, number])[] => [
  [`reporter ${reporter}`, limits.reporter],
  [`transfer ${transferId}`, limits.transfer],
  [`pair ${pair}`, limits.pair],
  [`pair ${pair} ${reporter}`, limits.reporterOfPair],
];
