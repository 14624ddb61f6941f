import { createPrefixTable, type PrefixTable } from '../prefix-table.js';
import type { RibHistory } from './rib.js';
import type { RibTable } from './rib-table.js';
import { createRibView, type RibTablesView, type ViewedRouter } from './rib-view.js';

export interface HistoryRouter {
  /** Prefixes whose subscribers' traffic this router sees first. */
  readonly attached?: readonly string[];
}

export interface RibTablesHistory extends RibHistory {
  at(timeMs: number): RibTablesView;
}

export interface WritableRibHistory extends RibTablesHistory {
  /** A dump of the router with this place in the list. True when what is in force became another at some time. */
  add(router: number, table: RibTable): boolean;
}

/** A snapshot and the first and last dump that said so. */
interface Period {
  readonly fromMs: number;
  lastSeenMs: number;
  readonly table: RibTable;
}

/** Of one routing table of one router, ascending. BIRD dumps IPv4 and IPv6 as tables of their own. */
interface Series {
  readonly router: number;
  readonly view: string;
  periods: Period[];
}

/** Names of tables come from files; a router with more would be a file that is no RIB. */
const maximumSeriesEach = 16;

/** RIBs of several routers over time, of each table of each at most so many different ones. */
export function createRibHistory(
  routers: readonly HistoryRouter[],
  { maximumSnapshotsEach }: { readonly maximumSnapshotsEach: number },
): WritableRibHistory {
  const attachedTables = routers.map(({ attached = [] }) =>
    createPrefixTable(attached.map((prefix) => ({ prefix, value: true }))),
  );
  let series: Series[] = [];
  let revision = 0;
  let times: readonly number[] = [];
  /** Of the time before the first change, and from each change on; made when first asked for. */
  let views: (RibTablesView | undefined)[] = [];

  const changed = (count: number): void => {
    revision += count;
    const all = series.flatMap(({ periods }) => periods.slice(1).map(({ fromMs }) => fromMs));
    times = [...new Set(all)].sort((left, right) => left - right);
    views = [];
  };
  const seriesOf = (router: number, view: string): Series => {
    const known = series.find((one) => one.router === router && one.view === view);
    if (known) return known;
    const mine = series.filter((one) => one.router === router);
    if (mine.length === maximumSeriesEach) {
      const newest = ({ periods }: Series): number => periods.at(-1)?.lastSeenMs ?? 0;
      const [oldest] = mine.sort((left, right) => newest(left) - newest(right));
      series = series.filter((one) => one !== oldest);
    }
    const added: Series = { router, view, periods: [] };
    series.push(added);
    series.sort((left, right) => left.router - right.router);
    return added;
  };
  return {
    get revision() {
      return revision;
    },
    add(router, table) {
      if (routers[router] === undefined) throw new RangeError(`router ${router} of ${routers.length}`);
      const target = seriesOf(router, table.view);
      const periods = insert(target.periods, table);
      if (periods === undefined) return false;
      const dropped = Math.max(0, periods.length - maximumSnapshotsEach);
      target.periods = periods.slice(dropped);
      changed(1 + dropped);
      return true;
    },
    at(timeMs) {
      const epoch = countUpTo(times, timeMs);
      views[epoch] ??= createRibView(viewedAt(series, timeMs, attachedTables));
      return views[epoch];
    },
    changes(fromMs, toMs) {
      return times.filter((timeMs) => timeMs > fromMs && timeMs < toMs);
    },
  };
}

/** Undefined when the dump tells nothing new. */
function insert(periods: readonly Period[], table: RibTable): Period[] | undefined {
  const { timeMs, digest } = table;
  const after = periods.findIndex(({ fromMs }) => fromMs > timeMs);
  const place = after === -1 ? periods.length : after;
  const before = periods[place - 1];
  if (before?.table.digest === digest) {
    before.lastSeenMs = Math.max(before.lastSeenMs, timeMs);
    return undefined;
  }
  const added: Period = { fromMs: timeMs, lastSeenMs: timeMs, table };
  const head = periods.slice(0, place);
  const tail = periods.slice(place);
  // Written again within the second: the later reading counts.
  if (before?.fromMs === timeMs) head.pop();
  else if (before && before.lastSeenMs > timeMs) {
    // The one before was seen after this one too: it is in force again from then on.
    tail.unshift({ ...before, fromMs: before.lastSeenMs });
    before.lastSeenMs = before.fromMs;
  }
  const next = tail[0];
  if (next?.table.digest === digest) {
    tail.shift();
    added.lastSeenMs = next.lastSeenMs;
  }
  return [...head, added, ...tail];
}

function viewedAt(
  series: readonly Series[],
  timeMs: number,
  attachedTables: readonly PrefixTable<boolean>[],
): ViewedRouter[] {
  return series.flatMap(({ router, periods }) => {
    const later = periods.findIndex(({ fromMs }) => fromMs > timeMs);
    const period = later === -1 ? periods.at(-1) : periods[Math.max(0, later - 1)];
    return period ? [{ table: period.table, attached: attachedTables[router]! }] : [];
  });
}

/** How many of the ascending times are not later. */
function countUpTo(times: readonly number[], timeMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
