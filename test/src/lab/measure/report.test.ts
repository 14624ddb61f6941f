import { describe, expect, it } from 'vitest';
import { failuresOf, type LabReport, labReportSchema } from './report.js';

const link = {
  from: 1,
  to: 2,
  accountedPayloadBytes: 1,
  estimatedWireBytes: 1,
  counterBytes: 1,
  error: 0.01,
};
const good: LabReport = {
  paths: {
    pairs: 220,
    asPathExact: 1,
    routerHopsExact: 1,
    allExact: 1,
    parts: [{ kind: 'router', due: 900, named: 900 }],
    differences: [],
  },
  rowPaths: {
    rows: 10,
    traced: 3,
    stale: 1,
    staleRowBytes: 9,
    staleBytes: 4,
    staleShare: 0.004,
    differences: [],
  },
  links: [link],
  peerings: [{ ...link, peering: 'x' }],
  unnamedPeeringBytes: 3,
  maxWireError: 0.01,
  conservation: { ok: true, firstBreak: null },
  componentRecords: {
    ok: true,
    rows: 10,
    components: 30,
    records: 90,
    due: 80,
    maxByteError: 0.001,
    differences: [],
  },
  traces: {
    agents: 40,
    edges: 4,
    nats: [
      { nat: 'none', traces: 20, right: 20 },
      { nat: 'endpoint-dependent', traces: 8, right: 1 },
    ],
  },
  natPairs: 15,
  natPairsConnected: 1,
  offload: 0.8,
  efficiency: 0.7,
  boundSeconds: 20,
  givenRatesBoundSeconds: 24,
  seconds: 28,
  copiesPerIsp: { sp1: 1.2 },
  changes: [{ what: 'link failure', seconds: 12 }],
  verified: true,
  routeChange: { oldPathKept: true, newPathUsed: true },
  mrt: { dumps: 3, routes: 100, agree: true },
  resent: {
    peers: { sentBytes: 9, verifiedBytes: 8 },
    tcp: [{ host: 'edge', segments: 9, resentSegments: 0 }],
  },
  droppedPackets: { uplinks: 0, downlinks: 0, core: 0 },
  controlBytes: 1000,
  failures: [],
};

describe('report of the lab', () => {
  it('has its shape', () => {
    expect(labReportSchema.parse(good)).toEqual(good);
    expect(failuresOf(good)).toEqual([]);
  });

  it.each([
    ['a wrong AS path', { paths: { ...good.paths, asPathExact: 0.99 } }, 'AS paths'],
    ['a wrong router', { paths: { ...good.paths, routerHopsExact: 0.99 } }, 'routers'],
    ['a wrong switch', { paths: { ...good.paths, allExact: 0.99 } }, 'switches'],
    [
      'no switches at all',
      { paths: { ...good.paths, parts: [...good.paths.parts, { kind: 'switch', due: 0, named: 0 }] } },
      'switch',
    ],
    ['no row over a traced router', { rowPaths: { ...good.rowPaths, traced: 0 } }, 'traceroute'],
    ['no trace of an agent', { traces: { ...good.traces, agents: 0 } }, 'agent'],
    ['no trace of an edge', { traces: { ...good.traces, edges: 0 } }, 'edge'],
    [
      'a NAT of which nobody knows',
      { traces: { ...good.traces, nats: [{ nat: 'endpoint-dependent', traces: 8, right: 0 }] } },
      'endpoint-dependent',
    ],
    ['a change before the crowd', { changes: [{ what: 'link failure', seconds: 0 }] }, 'link failure'],
    [
      'changes after the crowd',
      { changes: [...good.changes, { what: 'route change', seconds: 28 }] },
      'route change',
    ],
    ['no change', { changes: [] }, 'changed'],
    ['rows with old paths', { rowPaths: { ...good.rowPaths, staleShare: 0.006 } }, 'booked on a way'],
    ['a peering that is off', { peerings: [{ ...link, peering: 'x', error: 0.031 }] }, 'over x'],
    ['no peerings', { peerings: [] }, 'peering'],
    [
      'bytes of a component that are off',
      { componentRecords: { ...good.componentRecords, maxByteError: 0.006 } },
      'crossed it',
    ],
    ['a link that is off', { links: [link, { ...link, to: 3, error: 0.031 }] }, 'AS 1 > AS 3'],
    ['no links', { links: [] }, 'no link'],
    ['bytes lost', { conservation: { ok: false, firstBreak: 'row 3' } }, 'row 3'],
    ['records missing', { componentRecords: { ...good.componentRecords, ok: false } }, 'component records'],
    ['no NAT passed', { natPairsConnected: 0 }, 'NATs'],
    ['offload', { offload: 0.74 }, 'offload'],
    ['efficiency', { efficiency: 0.59 }, 'efficiency'],
    ['copies', { copiesPerIsp: { sp1: 1.2, sp2: 1.51 } }, 'sp2'],
    ['a bad file', { verified: false }, 'file'],
    ['a path that was rewritten', { routeChange: { oldPathKept: false, newPathUsed: true } }, 'keep'],
    ['a path that is old', { routeChange: { oldPathKept: true, newPathUsed: false } }, 'new path'],
    ['another MRT reader', { mrt: { ...good.mrt, agree: false } }, 'bgpdump'],
  ])('names %s', (_, change, named) => {
    const failures = failuresOf({ ...good, ...change });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(named);
  });
});
