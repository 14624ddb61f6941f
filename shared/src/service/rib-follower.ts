import { z } from 'zod';
import { FairhopError } from '../model/errors.js';
import { asnSchema, prefixSchema } from '../model/identifiers.js';
import {
  createRibHistory,
  formatPrefix,
  MrtError,
  NetError,
  parsePrefix,
  type RibTable,
  type RibTablesHistory,
  type RibTablesView,
  readRibs,
} from '../net/index.js';
import type { Service } from './lifecycle.js';
import { createPrivateAsnJudge, type FileJudgement } from './private-asn-judge.js';
import { type FileState, type FoundFile, fileStateOf, findFiles, isSameState } from './rib-follower-files.js';

const ribSourceSchema = z.strictObject({
  /** An MRT file (RFC 6396 TABLE_DUMP_V2; plain, gzip or bzip2), or a directory of such files, all of one router. */
  path: z.string().min(1),
  /** AS of the router that writes them: the first route of a prefix is then its own choice. Leave it out for a route collector. */
  asn: asnSchema.optional(),
  /** Name of the router for messages. */
  router: z.string().min(1).max(120).optional(),
  /** Subscribers of the AS whose traffic this router sees first, where the AS has several routers. */
  attached: z.array(prefixSchema).max(100_000).default([]),
});

/** Routers and collectors whose RIBs are followed. 256: a full table of each kept twelve times is more memory than one machine has. */
export const ribSourcesSchema = z
  .array(ribSourceSchema)
  .max(256)
  .superRefine((sources, context) => {
    for (const [index, { attached }] of sources.entries()) checkAttached(index, attached, context);
  });
export type RibSources = z.infer<typeof ribSourcesSchema>;

export interface RibFollowerConfig {
  readonly sources: RibSources;
  /** How often the files are looked at. A file is read once it has stayed the same between two looks. */
  readonly checkIntervalMs?: number;
  /** Different snapshots that are kept of each table of each router. */
  readonly snapshotsPerRouter?: number;
}

export interface RibFollowerDependencies {
  /** What is in force has become another, at some time: a dump was read, or one that was ahead of this clock is in force now. */
  onChange(history: RibTablesHistory): void;
  /** A file is not right, told once for each state of it: what was before stays in use. `rib-unreadable` or `rib-invalid`. */
  onRefused(error: FairhopError): void;
  /** Whether the operator knows this private AS (RFC 6996). Files are read again when the answer about one of theirs changes. */
  allowPrivate?(asn: number): boolean;
  now?(): number;
}

/** RIB dumps of routers and collectors, as the files are now. */
export interface RibFollower extends Service {
  readonly history: RibTablesHistory;
  /** Reads what is there. Files that are wrong are told to `onRefused`; none is needed for the start. */
  start(): Promise<void>;
}

interface KnownFile {
  /** As it was at the last look, and as it was when read: right, or wrong for good. */
  seen: FileState;
  done?: FileState;
  /** How often this state ended too early: its writer may have paused. */
  truncations: number;
  /** Of the last reading. */
  judgement?: FileJudgement;
}

/** A file that ends too early is an error when it stays so for so many looks. */
const patienceLooks = 3;
/** Of the files of a directory that are new at one look, several times as many as snapshots are kept: equal ones count once. */
const filesPerSnapshot = 4;

/** Follows the files without a stop; one is read at a time, in slices. */
export function createRibFollower(
  { sources, checkIntervalMs = 1_000, snapshotsPerRouter = 12 }: RibFollowerConfig,
  { onChange, onRefused, allowPrivate = () => false, now = Date.now }: RibFollowerDependencies,
): RibFollower {
  const history = createRibHistory(sources, { maximumSnapshotsEach: snapshotsPerRouter });
  const known = sources.map(() => new Map<string, KnownFile>());
  /** Sources whose path itself is told to be wrong. */
  const unreadable = new Set<number>();
  const stopping = new AbortController();
  const judge = createPrivateAsnJudge(allowPrivate);
  /** What was in force when last told. */
  let told: RibTablesView = history.at(now());
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();

  const tell = (): void => {
    told = history.at(now());
    onChange(history);
  };
  const refuse = (code: string, index: number, path: string, cause: unknown): void => {
    const name = sources[index]!.router;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `RIB file ${path}${name === undefined ? '' : ` of ${name}`} is not used: ${reason}`;
    onRefused(new FairhopError(code, message, { cause }));
  };
  /** Tables of the whole file, so that one that turns out wrong at its end changes nothing. */
  const read = async (index: number, path: string, { allow }: FileJudgement): Promise<RibTable[]> => {
    const { asn } = sources[index]!;
    const tables: RibTable[] = [];
    const options = { asn, signal: stopping.signal, allowPrivate: allow };
    for await (const table of readRibs(path, options)) {
      // Beside the last ones of each of its routing tables nothing of a long file would be kept.
      tables.push(table);
      const sameView = tables.filter(({ view }) => view === table.view);
      if (sameView.length > snapshotsPerRouter) tables.splice(tables.indexOf(sameView[0]!), 1);
    }
    return tables;
  };
  const take = async (index: number, { path, state }: FoundFile, file: KnownFile): Promise<boolean> => {
    try {
      file.judgement = judge.ofFile();
      const tables = await read(index, path, file.judgement);
      // Written to meanwhile: what was read may be of two minds.
      if (!isSameState(state, await fileStateOf(path))) return false;
      file.done = state;
      let isChanged = false;
      for (const table of tables) isChanged = history.add(index, table) || isChanged;
      return isChanged;
    } catch (error) {
      if (stopping.signal.aborted) return false;
      if (error instanceof MrtError && error.code === 'mrt-truncated') {
        file.truncations += 1;
        if (file.truncations < patienceLooks) return false;
      }
      file.done = state;
      const isUnreadable = !(error instanceof MrtError) || error.code === 'mrt-unreadable';
      refuse(isUnreadable ? 'rib-unreadable' : 'rib-invalid', index, path, error);
      return false;
    }
  };
  /** Files that are to be read now, of those in the source. */
  const dueFiles = (index: number, found: readonly FoundFile[]): { found: FoundFile; file: KnownFile }[] => {
    const files = known[index]!;
    const due: { found: FoundFile; file: KnownFile }[] = [];
    for (const one of found) {
      let file = files.get(one.path);
      const isQuiet = now() - one.state.modifiedMs >= 2 * checkIntervalMs;
      const isSettled = isQuiet || (file !== undefined && isSameState(file.seen, one.state));
      if (!file) {
        file = { seen: one.state, truncations: 0 };
        files.set(one.path, file);
      } else if (!isSameState(file.seen, one.state)) {
        file.seen = one.state;
        file.truncations = 0;
      }
      const isDone = file.done !== undefined && isSameState(file.done, one.state);
      if (isSettled && !isDone) due.push({ found: one, file });
    }
    const present = new Set(found.map(({ path }) => path));
    for (const path of files.keys()) if (!present.has(path)) files.delete(path);
    // Of those before these, nothing would be kept.
    const excess = Math.max(0, due.length - filesPerSnapshot * snapshotsPerRouter);
    for (const { found: old, file } of due.slice(0, excess)) file.done = old.state;
    return due.slice(excess);
  };
  const checkSource = async (index: number): Promise<void> => {
    const { path } = sources[index]!;
    let found: FoundFile[];
    try {
      found = await findFiles(path);
      unreadable.delete(index);
    } catch (error) {
      if (!unreadable.has(index)) refuse('rib-unreadable', index, path, error);
      unreadable.add(index);
      return;
    }
    for (const { found: one, file } of dueFiles(index, found)) {
      if (stopping.signal.aborted) return;
      if (await take(index, one, file)) tell();
    }
  };
  const rejudge = (): void => {
    const changed = judge.changed();
    if (changed.size === 0) return;
    for (const file of known.flatMap((files) => [...files.values()]))
      if (file.judgement?.isStale(changed)) delete file.done;
  };
  const check = async (): Promise<void> => {
    rejudge();
    for (const index of sources.keys()) await checkSource(index);
    if (history.at(now()) !== told) tell();
  };
  const checkLater = (): void => {
    timer = setTimeout(() => {
      checking = check().then(() => {
        if (timer !== undefined) checkLater();
      });
    }, checkIntervalMs);
  };
  return {
    history,
    async start() {
      checking = check();
      await checking;
      if (!stopping.signal.aborted) checkLater();
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      timer = undefined;
      await checking;
    },
  };
}

function checkAttached(index: number, attached: readonly string[], context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const [place, prefix] of attached.entries()) {
    const path = [index, 'attached', place];
    try {
      const canonical = formatPrefix(parsePrefix(prefix));
      if (seen.has(canonical)) {
        context.addIssue({
          code: 'custom',
          path,
          message: `prefix ${canonical} is given twice; give it once`,
        });
      }
      seen.add(canonical);
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      context.addIssue({ code: 'custom', path, message: error.message });
    }
  }
}
