import { z } from 'zod';

const share = z.number().min(0);
const count = z.int().min(0);
const bytes = z.int().min(0);

const linkReportSchema = z.object({
  /** AS numbers; one direction. */
  from: z.int(),
  to: z.int(),
  /** One of several links between the two; absent for all of them together. */
  peering: z.string().optional(),
  accountedPayloadBytes: bytes,
  /** What the overhead model makes of the ledger's rows: bytes in IPv4 packets. */
  estimatedWireBytes: bytes,
  /** What the receiving router's kernel counted. */
  counterBytes: bytes,
  /** |estimate − counter| ÷ the counter of the busier direction. */
  error: share,
});

/** What a run of the lab shows. */
export const labReportSchema = z.object({
  paths: z.object({
    /** Ordered pairs of hosts, times the moments at which they were compared. */
    pairs: count,
    /** Shares of the pairs: nothing is named that is not there or elsewhere, and all is named that accounting was told of. */
    asPathExact: share,
    routerHopsExact: share,
    allExact: share,
    /**
     * On all pairs together: what declarations have of their own networks and of their borders, and, as `traced router`, routers of
     * networks that declared nothing and that answered a trace; and how many of them accounting names.
     */
    parts: z.array(z.object({ kind: z.string(), due: count, named: count })),
    /** The first that differ, in words. */
    differences: z.array(z.string()),
  }),
  /** The ledger's rows, their paths against what was forwarded at the middle of their time. */
  rowPaths: z.object({
    rows: count,
    /** Rows that name a router of a network that declared nothing: what is traced comes into the books. */
    traced: count,
    /** Rows that have another path, and all of their bytes. */
    stale: count,
    staleRowBytes: bytes,
    /** Bytes that went otherwise than they are booked, each row's spread evenly over its time; and their share of all. */
    staleBytes: bytes,
    staleShare: share,
    differences: z.array(z.string()),
  }),
  /** All links between two ASes in one direction. */
  links: z.array(linkReportSchema),
  /** Single links at the border of an ISP that declared its network: only there anybody can tell them apart. */
  peerings: z.array(linkReportSchema),
  /** That the counters have of single links between two networks that declared nothing. */
  unnamedPeeringBytes: bytes,
  maxWireError: share,
  conservation: z.object({ ok: z.boolean(), firstBreak: z.string().nullable() }),
  componentRecords: z.object({
    ok: z.boolean(),
    rows: count,
    components: count,
    records: count,
    /** Records that have to be there by what the kernels forwarded. */
    due: count,
    /** The largest difference of a component's bytes from those that truly crossed it, as a share of all bytes. */
    maxByteError: share,
    differences: z.array(z.string()),
  }),
  traces: z.object({
    /** Traceroutes that accounting has, by agents and by edges, which a router answered. */
    agents: count,
    edges: count,
    /** By agents behind each kind of NAT: all, and those that tell that kind and the address that others see. */
    nats: z.array(z.object({ nat: z.string(), traces: count, right: count })),
  }),
  /** Pairs of subscribers behind different NATs, and those that gave each other bytes. */
  natPairs: count,
  natPairsConnected: count,
  offload: share,
  /** The fluid bound over the lab's lines ÷ what the crowd took. */
  efficiency: share,
  boundSeconds: share,
  /** The same bound with uplinks at the payload rate that subscribers give: what is above it is neither headers nor politeness. */
  givenRatesBoundSeconds: share,
  seconds: share,
  copiesPerIsp: z.record(z.string(), share),
  /** What has to happen in the middle of the crowd, and when it did, from the crowd's begin. */
  changes: z.array(z.object({ what: z.string(), seconds: z.number() })),
  /** Every file's SHA-256 is the published one. */
  verified: z.boolean(),
  routeChange: z.object({ oldPathKept: z.boolean(), newPathUsed: z.boolean() }),
  mrt: z.object({ dumps: count, routes: count, agree: z.boolean() }),
  /** What was sent more than once or in vain, as far as senders know: agents' payload, and TCP segments of edge and origin. */
  resent: z.object({
    peers: z.object({ sentBytes: bytes, verifiedBytes: bytes }),
    tcp: z.array(z.object({ host: z.string(), segments: count, resentSegments: count })),
  }),
  /** By full queues: on access lines up and down, and on lines between routers. */
  droppedPackets: z.object({ uplinks: count, downlinks: count, core: count }),
  /** Counted beside the payload: sessions, reports and queries. */
  controlBytes: bytes,
  /** What misses its bound, in words; empty when all hold. */
  failures: z.array(z.string()),
});
export type LabReport = z.infer<typeof labReportSchema>;

const MAX_WIRE_ERROR = 0.03;
/** Of bytes that are booked on another way than they took: a change is known when its dump was read. */
const MAX_STALE_SHARE = 0.005;
const MAX_COPIES_PER_ISP = 1.5;
const MIN_OFFLOAD = 0.75;
const MIN_EFFICIENCY = 0.6;

/** What misses its bound, in words. */
export function failuresOf(report: Omit<LabReport, 'failures'>): string[] {
  const { paths, rowPaths, routeChange, componentRecords, mrt } = report;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      paths.pairs > 0 && paths.asPathExact === 1,
      `AS paths are exact for ${percent(paths.asPathExact)} of ${paths.pairs} pairs, not for all`,
    ],
    [
      paths.routerHopsExact === 1,
      `routers are exact for ${percent(paths.routerHopsExact)} of the pairs, not for all`,
    ],
    [
      paths.allExact === 1,
      `ways are exact with switches, links and exchanges for ${percent(paths.allExact)} of the pairs, not for all`,
    ],
    ...paths.parts.map(
      ({ kind, due, named }) =>
        [
          due > 0 && named > 0,
          `accounting names ${named} of ${due} parts of the kind ${kind}: nothing is shown by that`,
        ] as const,
    ),
    [rowPaths.traced > 0, 'no row names a router that is known by traceroutes alone'],
    [
      rowPaths.staleShare <= MAX_STALE_SHARE,
      `${percent(rowPaths.staleShare)} of the bytes are booked on a way that they did not take, more than ${percent(MAX_STALE_SHARE)}`,
    ],
    ...[...report.links, ...report.peerings].map(
      ({ from, to, peering, error }) =>
        [
          error <= MAX_WIRE_ERROR,
          `bytes on AS ${from} > AS ${to}${peering === undefined ? '' : ` over ${peering}`} differ from the counter by ${percent(error)}, more than ${percent(MAX_WIRE_ERROR)}`,
        ] as const,
    ),
    [report.peerings.length > 0, 'no single peering link is named'],
    [report.links.length > 0, 'no link between ASes carried anything'],
    [report.conservation.ok, `bytes are not conserved: ${report.conservation.firstBreak ?? 'unknown'}`],
    [
      componentRecords.ok && componentRecords.records > 0,
      `component records are not those of the rows: ${componentRecords.differences[0] ?? 'there are none'}`,
    ],
    [
      componentRecords.maxByteError <= MAX_STALE_SHARE,
      `bytes of a component differ from those that crossed it by ${percent(componentRecords.maxByteError)} of all, more than ${percent(MAX_STALE_SHARE)}`,
    ],
    [report.traces.agents > 0, 'accounting has no traceroute by an agent that a router answered'],
    [report.traces.edges > 0, 'accounting has no traceroute by an edge that a router answered'],
    ...report.traces.nats.map(
      ({ nat, traces, right }) =>
        [
          right > 0,
          `none of ${traces} traceroutes by agents behind a NAT of the kind ${nat} tells that and the address that others see`,
        ] as const,
    ),
    [report.natPairsConnected >= 1, 'no two subscribers behind different NATs exchanged bytes'],
    [
      report.offload >= MIN_OFFLOAD,
      `offload is ${percent(report.offload)}, less than ${percent(MIN_OFFLOAD)}`,
    ],
    [
      report.efficiency >= MIN_EFFICIENCY,
      `efficiency is ${percent(report.efficiency)}, less than ${percent(MIN_EFFICIENCY)}`,
    ],
    ...Object.entries(report.copiesPerIsp).map(
      ([isp, copies]) =>
        [
          copies <= MAX_COPIES_PER_ISP,
          `${copies.toFixed(2)} copies entered ${isp}, more than ${MAX_COPIES_PER_ISP}`,
        ] as const,
    ),
    [report.changes.length > 0, 'nothing changed during the crowd'],
    ...report.changes.map(
      ({ what, seconds }) =>
        [
          seconds > 0 && seconds < report.seconds,
          `${what} came ${seconds.toFixed(1)} s after the begin of the crowd, not within its ${report.seconds.toFixed(1)} s`,
        ] as const,
    ),
    [report.verified, 'a downloaded file differs from the published one'],
    [routeChange.oldPathKept, 'rows from before the route change did not keep their path'],
    [routeChange.newPathUsed, 'rows from after the route change do not have the new path'],
    [mrt.agree && mrt.dumps > 0, 'the MRT reader and bgpdump do not agree'],
  ];
  return checks.flatMap(([holds, text]) => (holds ? [] : [text]));
}

export const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;
