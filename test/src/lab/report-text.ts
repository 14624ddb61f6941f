import { formatBytes, formatTable } from '@fairhop/shared/service';
import { type LabReport, percent } from './measure/report.js';

/** The report as a person reads it. */
export function reportText(report: LabReport): string {
  const { paths, rowPaths, componentRecords, traces, routeChange, mrt, resent } = report;
  const links = [...report.links, ...report.peerings];
  const bytes = (value: number): string => value.toLocaleString('en');
  const table = formatTable(
    [
      {
        header: 'LINK',
        cell: ({ from, to, peering }) => `as:${from} > as:${to}${peering ? ` ${peering}` : ''}`,
      },
      {
        header: 'ACCOUNTED',
        cell: ({ accountedPayloadBytes }) => bytes(accountedPayloadBytes),
        align: 'right',
      },
      { header: 'ESTIMATE', cell: ({ estimatedWireBytes }) => bytes(estimatedWireBytes), align: 'right' },
      { header: 'COUNTER', cell: ({ counterBytes }) => bytes(counterBytes), align: 'right' },
      { header: 'ERROR', cell: ({ error }) => percent(error), align: 'right' },
    ],
    links,
  );
  const figures: [string, string][] = [
    ['AS paths exact', `${percent(paths.asPathExact)} of ${paths.pairs} pairs`],
    [
      'routers exact',
      `${percent(paths.routerHopsExact)} of the pairs, with links and switches ${percent(paths.allExact)}`,
    ],
    [
      'named of those due',
      paths.parts.map(({ kind, due, named }) => `${kind} ${named} of ${due}`).join(', '),
    ],
    [
      'rows of another way',
      `${rowPaths.stale} of ${rowPaths.rows} with ${bytes(rowPaths.staleRowBytes)} bytes; ${percent(rowPaths.staleShare)} of all bytes went otherwise`,
    ],
    ['wire error', `at most ${percent(report.maxWireError)}`],
    ['conservation', yes(report.conservation.ok)],
    [
      'component records',
      `${yes(componentRecords.ok)}: ${componentRecords.records} (${componentRecords.due} due) of ${componentRecords.rows} rows on ${componentRecords.components} components, bytes off by ${percent(componentRecords.maxByteError)} at most`,
    ],
    [
      'traceroutes',
      `${traces.agents} by agents and ${traces.edges} by edges that a router answered; ${rowPaths.traced} rows name routers by them; NAT and address right: ${traces.nats.map(({ nat, traces: all, right }) => `${nat} ${right} of ${all}`).join(', ')}`,
    ],
    ['pairs behind NATs', `${report.natPairsConnected} of ${report.natPairs} exchanged bytes`],
    ['offload', percent(report.offload)],
    [
      'efficiency',
      `${percent(report.efficiency)}: ${report.seconds.toFixed(1)} s, the fluid bound is ${report.boundSeconds.toFixed(1)} s, and ${report.givenRatesBoundSeconds.toFixed(1)} s at the rates that subscribers give`,
    ],
    [
      'copies per ISP',
      Object.entries(report.copiesPerIsp)
        .map(([isp, copies]) => `${isp} ${copies.toFixed(2)}`)
        .join(', '),
    ],
    [
      'changes meanwhile',
      report.changes.map(({ what, seconds }) => `${what} after ${seconds.toFixed(1)} s`).join(', '),
    ],
    ['files verified', yes(report.verified)],
    [
      'route change',
      `old paths kept ${yes(routeChange.oldPathKept)}, new path used ${yes(routeChange.newPathUsed)}`,
    ],
    ['MRT against bgpdump', `${yes(mrt.agree)}: ${mrt.routes} routes in ${mrt.dumps} dumps`],
    [
      'sent in vain',
      `${bytes(resent.peers.sentBytes - resent.peers.verifiedBytes)} of ${bytes(resent.peers.sentBytes)} bytes by agents, ${resent.tcp.map(({ host, segments, resentSegments }) => `${resentSegments} of ${segments} TCP segments by ${host}`).join(', ')}`,
    ],
    [
      'dropped packets',
      `${report.droppedPackets.uplinks} on the way up, ${report.droppedPackets.downlinks} down, ${report.droppedPackets.core} between routers`,
    ],
    ['unnamed peerings', `${formatBytes(report.unnamedPeeringBytes)} between networks that declared nothing`],
    ['control traffic', formatBytes(report.controlBytes)],
  ];
  const width = Math.max(...figures.map(([name]) => name.length));
  return [
    table,
    '',
    ...figures.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    ...paths.differences.map((difference) => `differs: ${difference}`),
    ...rowPaths.differences.map((difference) => `differs: ${difference}`),
    ...componentRecords.differences.map((difference) => `differs: ${difference}`),
    ...report.failures.map((failure) => `MISSED: ${failure}`),
    ...(report.failures.length === 0 ? ['every bound is met'] : []),
    '',
  ].join('\n');
}

const yes = (holds: boolean): string => (holds ? 'yes' : 'NO');
