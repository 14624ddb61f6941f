import type { LedgerEvent } from '@fairhop/shared/contract';
import { routerId } from '@fairhop/shared/model';
import type { Internet } from '../internet-model.js';
import { comparePath } from '../measure/compare-paths.js';
import type { LabReport } from '../measure/report.js';
import type { ForwardedPath } from '../truth/forwarded-paths.js';
import { trueElements } from '../truth/true-elements.js';
import type { Epoch } from './epochs.js';
import { routerNames, undeclaredRouters } from './path-report.js';

/** A row, and what the kernels did with its bytes. */
export interface TrueRow {
  readonly event: LedgerEvent;
  /** Of its middle time; undefined for addresses that are nobody's. */
  readonly way: ForwardedPath | undefined;
  /** Parts of that way that accounting was told of, so that the row has to be on them. */
  readonly due: readonly string[];
  /** Its path names a router that accounting knows by traceroutes alone. */
  readonly isTraced: boolean;
  /** How the row's path differs from that way. */
  readonly differences: readonly string[];
  /** What its path is not the way of though it was at another time: bytes, spread evenly over the row's time. */
  readonly staleBytes: number;
}

/** Compares the path of each row with what was forwarded while its bytes went. */
export function compareRows(
  internet: Internet,
  events: readonly LedgerEvent[],
  epochs: readonly Epoch[],
  declaredAsns: ReadonlySet<number>,
): TrueRow[] {
  const routerOf = routerNames(internet);
  const undeclared = undeclaredRouters(internet, declaredAsns);
  const isTraced = ({ path }: LedgerEvent): boolean =>
    path?.components.some((id) => undeclared.has(routerId(routerOf(id.replace('router:', '')) ?? ''))) ??
    false;
  const nodes = new Map(internet.hosts.map(({ address, name }) => [address, name]));
  const ways = epochs.map(
    ({ truth }) => new Map(truth.map((way) => [`${way.source} ${way.destination}`, way])),
  );
  const differ = new Map<string, ReturnType<typeof comparePath>>();
  const compare = (epoch: number, event: LedgerEvent) => {
    const ends = `${nodes.get(event.sourceAddress)} ${nodes.get(event.destinationAddress)}`;
    const key = `${epoch} ${ends} ${event.path?.id}`;
    const way = ways[epoch]!.get(ends);
    const known = differ.get(key);
    if (known !== undefined || way === undefined) return { way, comparison: known };
    // A row that is booked before a trace has no routers of it, so that they are due of none.
    const elements = trueElements(internet, way, { declaredAsns, answered: new Set() });
    const comparison = comparePath(elements, event.path?.components ?? [], routerOf);
    differ.set(key, comparison);
    return { way, comparison };
  };
  return events.map((event) => {
    const { startMs, endMs, bytes } = event;
    const middleMs = (startMs + endMs) / 2;
    const at = Math.max(
      0,
      epochs.findLastIndex(({ fromMs }) => fromMs <= middleMs),
    );
    const { way, comparison } = compare(at, event);
    const lastMs = Math.max(endMs, startMs + 1);
    const staleBytes = epochs.reduce((total, { fromMs }, index) => {
      const toMs = epochs[index + 1]?.fromMs ?? Number.POSITIVE_INFINITY;
      const overlapMs = Math.min(toMs, lastMs) - Math.max(fromMs, startMs);
      if (overlapMs <= 0 || isEqual(compare(index, event).comparison)) return total;
      return total + (bytes * overlapMs) / (lastMs - startMs);
    }, 0);
    return {
      event,
      way,
      due: comparison?.due ?? [],
      isTraced: isTraced(event),
      differences: comparison?.differences ?? ['nobody has these addresses'],
      staleBytes: Math.round(staleBytes),
    };
  });
}

const isEqual = (comparison: ReturnType<typeof comparePath> | undefined): boolean =>
  comparison?.differences.length === 0;

const SHOWN_DIFFERENCES = 20;

/** How many rows have another path than the way of their middle time, and how many bytes went otherwise than they are booked. */
export function rowReport(rows: readonly TrueRow[]): LabReport['rowPaths'] {
  const sum = (bytesOf: (row: TrueRow) => number): number =>
    rows.reduce((total, row) => total + bytesOf(row), 0);
  const bytes = sum(({ event }) => event.bytes);
  const staleBytes = sum((row) => row.staleBytes);
  const stale = rows.filter(({ differences }) => differences.length > 0);
  return {
    rows: rows.length,
    traced: rows.filter(({ isTraced }) => isTraced).length,
    stale: stale.length,
    staleRowBytes: stale.reduce((total, { event }) => total + event.bytes, 0),
    staleBytes,
    staleShare: staleBytes / Math.max(1, bytes),
    differences: stale
      .flatMap(({ event, way, differences }) =>
        differences.map(
          (text) =>
            `row ${event.id} (${way?.source} to ${way?.destination}, ${event.bytes} bytes from ${new Date(event.startMs).toISOString()} to ${new Date(event.endMs).toISOString()}): ${text}`,
        ),
      )
      .slice(0, SHOWN_DIFFERENCES),
  };
}
