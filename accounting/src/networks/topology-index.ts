import { componentsOf, type DeclaredComponents } from './declared-components.js';
import { inSlices, type Steps } from './steps.js';
import type { TopologyRows } from './topology-rows.js';
import type { Version, Versions } from './topology-versions.js';

/**
 * Brings what declarations name up to date with them. A declaration is on disk before it is indexed, and what was broken off is
 * done again: so it may take its time. True when there was anything to do.
 */
export async function indexTopologies(
  rows: TopologyRows,
  versions: Versions,
  components: DeclaredComponents,
  signal: AbortSignal,
): Promise<boolean> {
  const found = rows.notIndexed();
  for (const { isWithdrawn, ...version } of found) {
    const steps = isWithdrawn ? restored(version) : replaced(version);
    await inSlices(steps, signal);
    rows.indexed(version, isWithdrawn === 1);
  }
  return found.length > 0;

  function* replaced(version: Version): Steps<void> {
    const { isp, validFromMs: fromMs, declaredMs, isConfirmed } = version;
    const named = yield* componentsOf(rows.topology(version));
    yield* components.replace(isp, named, { fromMs, declaredMs, isConfirmed: isConfirmed === 1 });
  }
  function* restored(version: Version): Steps<void> {
    const before = versions.newest(version.isp);
    for (const one of before === undefined ? [version] : [version, before]) {
      const named = yield* componentsOf(rows.topology(one));
      yield* components.restore(version.isp, named, version.validFromMs);
    }
  }
}
