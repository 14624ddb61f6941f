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
  paths: { pairs: 220, asPathExact: 1, routerHopsExact: 1, routers: 900, differences: [] },
  links: [link],
  peerings: [],
  maxWireError: 0.01,
  conservation: { ok: true, firstBreak: null },
  componentRecords: { ok: true, rows: 10, components: 30, records: 90 },
  natPairs: 15,
  natPairsConnected: 1,
  offload: 0.8,
  efficiency: 0.7,
  boundSeconds: 20,
  givenRatesBoundSeconds: 24,
  seconds: 28,
  copiesPerIsp: { sp1: 1.2 },
  verified: true,
  routeChange: { oldPathKept: true, newPathUsed: true },
  mrt: { dumps: 3, routes: 100, agree: true },
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
    ['no routers at all', { paths: { ...good.paths, routers: 0 } }, 'routers'],
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
