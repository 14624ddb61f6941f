import type { Topology } from '@fairhop/shared/model';
import type { Logger } from '@fairhop/shared/service';
import { type AsConflict, asConflicts } from './as-conflicts.js';
import type { AsKnowledge } from './as-knowledge.js';
import { toldRemarks } from './remark.js';
import { inSlices } from './steps.js';
import type { TopologyRows } from './topology-rows.js';
import type { Version, Versions } from './topology-versions.js';

/** A difference with who declared it, and when. */
export interface StandingConflict extends AsConflict {
  readonly isp: string;
  readonly declaredMs: number;
}

/** Where declarations differ from BGP, the AS graph and each other: found when one of these changes, and kept. */
export interface StoredConflicts {
  /** Looks at one declaration now. */
  find(version: Version): Promise<void>;
  /** Looks at all that are in force or to come, soon; what is asked for while it does makes it look once more. */
  findAll(): void;
  /** Of declarations in force, the newest first. */
  list(timeMs: number, skip: number, limit: number): { total: number; conflicts: StandingConflict[] };
  /** Ends with the signal. */
  idle(): Promise<void>;
}

interface StoredConflictsDependencies {
  readonly rows: TopologyRows;
  readonly versions: Versions;
  readonly topologyOf: (version: Version) => Topology;
  readonly knowledge: AsKnowledge;
  readonly nowMs: () => number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

export function createStoredConflicts(dependencies: StoredConflictsDependencies): StoredConflicts {
  const { rows, versions, topologyOf, knowledge, nowMs, log, signal } = dependencies;
  const keyOf = ({ isp, version }: Version): string => `${isp} ${version}`;
  /** Counts, so that those without any are not read. */
  const counts = new Map<string, number>();
  const count = (version: Version): number => {
    const key = keyOf(version);
    const known = counts.get(key) ?? rows.conflictCount(version);
    counts.set(key, known);
    return known;
  };
  const find = async (version: Version): Promise<void> => {
    const facts = {
      graph: knowledge.graph(),
      originOf: knowledge.originOf,
      neighboursInBgp: knowledge.neighboursInBgp,
    };
    const found = await inSlices(asConflicts(topologyOf(version), facts), signal);
    rows.setConflicts(version, toldRemarks(found));
    counts.delete(keyOf(version));
  };
  let running: Promise<void> | undefined;
  let isAsked = false;
  const findWhileAsked = async (): Promise<void> => {
    while (isAsked) {
      isAsked = false;
      for (const isp of [...versions.isps])
        for (const version of versions.since(isp, nowMs())) {
          signal.throwIfAborted();
          await find(version);
        }
    }
  };
  return {
    find,
    findAll() {
      isAsked = true;
      running ??= findWhileAsked()
        .catch((error: unknown) => {
          if (!signal.aborted) log.error({ err: error }, 'differences of declarations could not be found');
        })
        .finally(() => {
          running = undefined;
        });
    },
    list(timeMs, skip, limit) {
      const differing = [...versions.isps]
        .map((isp) => versions.inForce(isp, timeMs))
        .filter((version) => version !== undefined)
        .filter((version) => count(version) > 0)
        .sort((left, right) => right.declaredMs - left.declaredMs);
      let total = 0;
      const conflicts: StandingConflict[] = [];
      for (const version of differing) {
        const [first, after] = [total, total + count(version)];
        total = after;
        if (after <= skip || conflicts.length >= limit) continue;
        const { isp, declaredMs } = version;
        const kept = rows.facts(version);
        const all = [...kept.nameConflicts, ...kept.conflicts];
        for (const one of all.slice(
          Math.max(0, skip - first),
          Math.max(0, skip - first) + limit - conflicts.length,
        ))
          conflicts.push({ ...one, isp, declaredMs });
      }
      return { total, conflicts };
    },
    idle: async () => running,
  };
}
