import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FairhopError, type Topology } from '@fairhop/shared/model';
import type { Clock, Logger, Service } from '@fairhop/shared/service';
import { MAX_TOPOLOGY_BYTES } from './declaration-limits.js';
import { readTopology } from './read-topology.js';
import { inSlices } from './steps.js';
import { digestOf, type TopologyStore } from './topology-store.js';

export interface TopologyDirectoryConfig {
  /** Has a file `<isp>.json` for each ISP that declares by file. */
  readonly path: string;
  /** How often the files are looked at. */
  readonly checkIntervalMs: number;
}

/** What is right but may not begin yet (409), or has to wait (503), is tried again so much later. */
const RETRY_MS = 60_000;
/**
 * Dumps of many routers change all the time, and what somebody wrote wrong stays wrong: the files are read again for them no more
 * often than this.
 */
const ROUTES_LOOK_MS = 600_000;
/** As many as there are ASes. */
const MAX_FILES = 100_000;

export interface TopologyDirectory extends Service {
  /** Throws `topology-directory-unreadable`. A file that is wrong is logged, and what its ISP declared before holds on. */
  start(): Promise<void>;
  /** Looks at every file once more, changed or not: what was foreign may be the ISP's now. */
  lookAgain(): void;
  /** BGP has other routes: looks again, soon, at files of which something does not count. */
  routesChanged(): void;
}

/** Declares what the files say, with no more weight than an ISP's own word, whenever it is not what they said before. */
export function createTopologyDirectory(
  { path, checkIntervalMs }: TopologyDirectoryConfig,
  {
    topologies,
    clock,
    log,
  }: { readonly topologies: TopologyStore; readonly clock: Clock; readonly log: Logger },
): TopologyDirectory {
  let states = new Map<string, string>();
  const retriesMs = new Map<string, number>();
  let areRoutesOther = false;
  let routesLookedMs = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();

  const take = async (file: string): Promise<void> => {
    const before = states.get(file);
    const found = await stat(join(path, file));
    const state = stateOf(found);
    const retryMs = retriesMs.get(file);
    if (state === before && (retryMs === undefined || clock.nowMs() < retryMs)) return;
    // Right or wrong, this state is not read again.
    states.set(file, state);
    retriesMs.delete(file);
    const declared = await declare(file, await readFileTopology(join(path, file), found), topologies);
    if (declared === undefined) return;
    const { isp, version, refused } = declared;
    log.info({ isp, version, file, refused: refused.length }, 'a topology file was declared');
    for (const { what, code, message } of refused)
      log.warn(
        { isp, version, file, what, code },
        `a topology file declares what does not count: ${message}`,
      );
  };
  const forgetRefused = (files: readonly string[]): void => {
    if (!areRoutesOther || clock.nowMs() < routesLookedMs + ROUTES_LOOK_MS) return;
    areRoutesOther = false;
    routesLookedMs = clock.nowMs();
    for (const file of files) {
      const newest = topologies.newestBy(ispOf(file), declarerOf(file));
      if (newest?.isNewest && newest.refusedCount > 0) states.delete(file);
    }
  };
  const check = async (): Promise<void> => {
    const files = (await readdir(path)).filter((name) => name.endsWith('.json')).slice(0, MAX_FILES);
    forgetRefused(files);
    for (const file of files) {
      try {
        await take(file);
      } catch (error) {
        if (error instanceof FairhopError && (error.status === 409 || error.status === 503))
          retriesMs.set(file, clock.nowMs() + RETRY_MS);
        log.error({ err: error, file }, 'a topology file is not right; what was declared before holds on');
      }
    }
  };
  const checkLater = (): void => {
    timer = setTimeout(() => {
      const failed = (error: unknown): void =>
        log.error({ err: error, path }, 'the directory of topologies cannot be read');
      checking = check()
        .catch(failed)
        .then(() => {
          if (timer !== undefined) checkLater();
        });
    }, checkIntervalMs);
  };
  return {
    async start() {
      try {
        await check();
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `directory of topologies ${path} cannot be read (${reason}); name a directory with files <isp>.json`;
        throw new FairhopError('topology-directory-unreadable', message, { status: 400, cause });
      }
      checkLater();
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await checking;
    },
    lookAgain() {
      states = new Map();
    },
    routesChanged() {
      areRoutesOther = true;
    },
  };
}

const ispOf = (file: string): string => file.slice(0, -'.json'.length);
const declarerOf = (file: string): string => `file ${file}`;

const stateOf = ({ mtimeMs, size, ino }: Stats): string => `${mtimeMs} ${size} ${ino}`;

async function readFileTopology(path: string, found: Stats): Promise<Topology> {
  // A pipe would be waited for without an end.
  if (!found.isFile() || found.size > MAX_TOPOLOGY_BYTES) {
    const message = `${path} is no file of at most ${MAX_TOPOLOGY_BYTES} bytes (it has ${found.size})`;
    throw new FairhopError('topology-unreadable', message);
  }
  return inSlices(readTopology(JSON.parse(await readFile(path, 'utf8'))));
}

/** Undefined when the file says what it said before, whatever was declared otherwise since. */
async function declare(file: string, topology: Topology, topologies: TopologyStore) {
  const [isp, declaredBy] = [ispOf(file), declarerOf(file)];
  const before = topologies.newestBy(isp, declaredBy);
  const isSaidBefore = before?.digest === digestOf(topology);
  if (isSaidBefore && !before.isNewest) return undefined;
  const declared = await topologies.declare({ isp, topology, declaredBy, isConfirmed: false });
  return isSaidBefore && declared.version === before.version ? undefined : declared;
}
