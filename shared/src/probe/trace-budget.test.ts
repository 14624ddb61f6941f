import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decideTrace,
  type TraceHistory,
  traceHistorySchema,
  tracePair,
  withoutPair,
  withTrace,
} from './trace-budget.js';

const limits = { pairIntervalMs: 86_400_000, hourlyLimit: 5, atOnce: 2 };
const HOUR_MS = 3_600_000;

it('never begins more in an hour, nor a pair twice in its interval, whatever is asked for when', () => {
  const asks = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 3 * HOUR_MS }), pair: fc.integer({ min: 0, max: 12 }) }),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(asks, (given) => {
      let [history, nowMs]: [TraceHistory, number] = [[], 1_700_000_000_000];
      const begun: { pair: string; atMs: number }[] = [];
      let refused = 0;
      for (const { afterMs, pair } of given) {
        nowMs += afterMs;
        const ask = { pair: `pair ${pair}`, running: 0, nowMs };
        const lastHour = begun.filter(({ atMs }) => nowMs - atMs < HOUR_MS).length;
        const isRecent = begun.some(
          (before) => before.pair === ask.pair && nowMs - before.atMs < limits.pairIntervalMs,
        );
        const decision = decideTrace(history, ask, limits);
        expect(decision).toBe(
          isRecent ? 'pair-recent' : lastHour >= limits.hourlyLimit ? 'hourly-limit' : 'trace',
        );
        if (decision !== 'trace') refused += 1;
        else {
          begun.push({ pair: ask.pair, atMs: nowMs });
          history = withTrace(history, ask.pair, nowMs, limits);
        }
      }
      expect(begun.length + refused).toBe(given.length);
    }),
  );
});

it('waits for a place, and lets nobody wait for a clock that was set back', () => {
  const pair = tracePair('192.0.2.1', '198.51.100.9');
  expect(decideTrace([], { pair, running: 2, nowMs: 0 }, limits)).toBe('busy');
  const future = [{ pair, startedMs: 1_000_000 }];
  expect(decideTrace(future, { pair, running: 0, nowMs: 1000 }, limits)).toBe('trace');
  expect(withTrace(future, pair, 1000, limits)).toEqual([{ pair, startedMs: 1000 }]);
});

it('a pair that was forgotten may be traced again, and still counts for the hour', () => {
  const pair = tracePair('192.0.2.1', '198.51.100.9');
  const history = withoutPair(withTrace([], pair, 1000, limits), pair);
  const ask = { pair, running: 0, nowMs: 2000 };
  expect(decideTrace(history, ask, limits)).toBe('trace');
  expect(decideTrace(history, ask, { ...limits, hourlyLimit: 1 })).toBe('hourly-limit');
});

it('takes addresses of one /24 or /48 for one network, in each direction of its own', () => {
  expect(tracePair('192.0.2.1', '2001:db8:1:2::3')).toBe('192.0.2.0 2001:db8:1::');
  expect(tracePair('::ffff:192.0.2.77', '2001:db8:1:ffff::1')).toBe('192.0.2.0 2001:db8:1::');
});

it('stays within what can be kept', () => {
  let history: TraceHistory = [];
  for (let index = 0; index < 5000; index += 1)
    history = withTrace(history, `pair ${index}`, 1000 + index, limits);
  expect(traceHistorySchema.safeParse(history).success).toBe(true);
  expect(history.at(-1)).toEqual({ pair: 'pair 4999', startedMs: 5999 });
});
