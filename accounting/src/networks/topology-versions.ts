/** A declaration without its content: few bytes, for every part of a transfer is resolved by them. */
export interface Version {
  readonly isp: string;
  readonly version: number;
  readonly validFromMs: number;
  readonly declaredMs: number;
  readonly declaredBy: string;
  readonly isConfirmed: 0 | 1;
}

/** Versions that were not withdrawn, of each ISP ascending in number and time. */
export interface Versions {
  readonly isps: Iterable<string>;
  newest(isp: string): Version | undefined;
  inForce(isp: string, timeMs: number): Version | undefined;
  /** What is in force from the time on, and what comes later. */
  since(isp: string, timeMs: number): readonly Version[];
  named(isp: string, version: number): Version | undefined;
  /** When the one after it begins. */
  endOf(version: Version): number | null;
  add(version: Version): void;
  /** The newest of its ISP. */
  removeNewest(isp: string): void;
  /** Times within (fromMs, toMs) at which one begins, ascending. */
  changes(fromMs: number, toMs: number): readonly number[];
  /** Another number where another one began since. */
  epochOf(timeMs: number): number;
}

export function createVersions(all: Iterable<Version>): Versions {
  const byIsp = new Map<string, Version[]>();
  let times: number[] | undefined;
  const of = (isp: string): readonly Version[] => byIsp.get(isp) ?? [];
  const add = (version: Version): void => {
    const list = byIsp.get(version.isp);
    if (list === undefined) byIsp.set(version.isp, [version]);
    else list.push(version);
    times = undefined;
  };
  const begins = (): readonly number[] => {
    times ??= [...new Set([...byIsp.values()].flat().map(({ validFromMs }) => validFromMs))].sort(
      (left, right) => left - right,
    );
    return times;
  };
  const indexAt = (isp: string, timeMs: number): number =>
    countWhile(of(isp), ({ validFromMs }) => validFromMs <= timeMs) - 1;
  const indexOf = (isp: string, version: number): number =>
    countWhile(of(isp), (one) => one.version < version);
  for (const version of all) add(version);
  return {
    get isps() {
      return byIsp.keys();
    },
    newest: (isp) => of(isp).at(-1),
    inForce: (isp, timeMs) => of(isp)[indexAt(isp, timeMs)],
    since: (isp, timeMs) => of(isp).slice(Math.max(0, indexAt(isp, timeMs))),
    named(isp, version) {
      const found = of(isp)[indexOf(isp, version)];
      return found?.version === version ? found : undefined;
    },
    endOf: ({ isp, version }) => of(isp)[indexOf(isp, version) + 1]?.validFromMs ?? null,
    add,
    removeNewest(isp) {
      byIsp.get(isp)?.pop();
      if (of(isp).length === 0) byIsp.delete(isp);
      times = undefined;
    },
    changes(fromMs, toMs) {
      const first = countWhile(begins(), (timeMs) => timeMs <= fromMs);
      const after = countWhile(begins(), (timeMs) => timeMs < toMs);
      return begins().slice(first, after);
    },
    epochOf: (timeMs) => countWhile(begins(), (one) => one <= timeMs),
  };
}

/** How many at the beginning of an ascending list are so. */
function countWhile<Item>(items: readonly Item[], isSo: (item: Item) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSo(items[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
