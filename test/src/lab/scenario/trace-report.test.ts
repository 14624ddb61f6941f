import { expect, it } from 'vitest';
import { internet } from '../internet.js';
import { hostOf } from '../internet-model.js';
import { traceReport } from './trace-report.js';
import type { Trace } from './traced-routers.js';

/** Of a way over `sp1-bas1` or another router that answers. */
const trace = (source: string, host: Trace['host'], replies = ['198.18.40.1']): Trace => ({
  direction: 'forward',
  sourceAddress: hostOf(internet, source).address,
  destinationAddress: hostOf(internet, 'sp2-s1').address,
  startMs: 1,
  hops: [{ timeToLive: 1, replies: replies.map((address) => ({ address, roundTripMicros: 1 })) }],
  ...(host && { host }),
});
const open = { privateAddress: '198.18.40.2', natType: 'none' } as const;
const behind = { privateAddress: '192.168.1.10', mappedAddress: '198.18.40.10' } as const;
const natsOf = (traces: readonly Trace[]) =>
  Object.fromEntries(
    traceReport(internet, traces).nats.map(({ nat, traces: all, right }) => [nat, [all, right]]),
  );

it('counts what agents and edges traced, where a router answered', () => {
  const traces = [trace('sp1-s1', open), trace('sp1-s2', open, []), trace('cdn-edge', undefined)];
  expect(traceReport(internet, traces)).toMatchObject({ agents: 1, edges: 1 });
  expect(traceReport(internet, [trace('sp1-s1', open, ['203.0.113.1'])]).agents).toBe(0);
});

it('has every kind of NAT of the lab, and those that nobody traced from', () => {
  expect(natsOf([])).toEqual({
    none: [0, 0],
    'endpoint-independent': [0, 0],
    'endpoint-dependent': [0, 0],
  });
});

it('tells who knows its own NAT and its address in front of it', () => {
  const traces = [
    trace('sp1-s1', open),
    trace('sp1-s1', { ...open, natType: 'unknown' }),
    trace('sp1-n1', { ...behind, natType: 'endpoint-independent' }),
    trace('sp1-n1', { ...behind, natType: 'endpoint-dependent' }),
    trace('sp1-n1', { ...behind, natType: 'endpoint-independent', mappedAddress: '198.18.40.14' }),
    trace('sp2-n2', { ...behind, natType: 'endpoint-dependent' }),
    trace('sp2-n2', undefined),
  ];
  expect(natsOf(traces)).toEqual({
    none: [2, 1],
    'endpoint-independent': [3, 1],
    'endpoint-dependent': [2, 0],
  });
});
