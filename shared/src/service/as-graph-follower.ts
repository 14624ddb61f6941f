import { readFile, stat } from 'node:fs/promises';
import { FairhopError } from '../model/errors.js';
import { type AsGraph, AsGraphError, createAsGraph } from '../net/index.js';
import type { Service } from './lifecycle.js';

export interface AsGraphFollowerConfig {
  readonly path: string;
  /** How often the file is looked at. */
  readonly checkIntervalMs: number;
}

export interface AsGraphFollowerDependencies {
  /** Another graph is in use from now on; called within `start` and `reload` too. */
  onGraph(graph: AsGraph): void;
  /** The file changed and is not right: the graph before it stays in use. */
  onRefused(error: unknown): void;
}

/** The operator's AS graph in a JSON file, as the file is now. */
export interface AsGraphFollower extends Service {
  /** Throws `as-graph-unreadable` or `as-graph-invalid`. */
  start(): Promise<void>;
  /** Reads it now, changed or not. Throws as `start`; the graph before then stays in use. */
  reload(): Promise<void>;
}

/** The file's state when it was read; another state is another graph. */
interface FileState {
  readonly modifiedMs: number;
  readonly sizeBytes: number;
  readonly inode: number;
}

/** An error names so many places of the file that are wrong; the fields carry more. */
const TOLD_PROBLEMS = 5;

/** Follows the file without a stop. */
export function createAsGraphFollower(
  { path, checkIntervalMs }: AsGraphFollowerConfig,
  { onGraph, onRefused }: AsGraphFollowerDependencies,
): AsGraphFollower {
  let lastState: FileState | undefined;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();

  const read = async (state: FileState): Promise<AsGraph> => {
    // Right or wrong, this state is not read again.
    lastState = state;
    return parse(path, await orUnreadable(path, () => readFile(path, 'utf8')));
  };
  const check = async (): Promise<void> => {
    try {
      const state = await stateOf(path);
      if (lastState === undefined || !isSame(lastState, state)) onGraph(await read(state));
    } catch (error) {
      onRefused(error);
    }
  };
  const checkLater = (): void => {
    timer = setTimeout(() => {
      checking = check().then(() => {
        if (timer !== undefined) checkLater();
      });
    }, checkIntervalMs);
  };
  const reload = async (): Promise<void> => onGraph(await read(await stateOf(path)));
  return {
    async start() {
      await reload();
      checkLater();
    },
    async stop() {
      clearTimeout(timer);
      timer = undefined;
      await checking;
    },
    reload,
  };
}

function parse(path: string, text: string): AsGraph {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const message = `AS graph file ${path} is not JSON: ${String(cause)}`;
    throw new FairhopError('as-graph-invalid', message, { status: 400, cause });
  }
  try {
    return createAsGraph(json);
  } catch (cause) {
    if (!(cause instanceof AsGraphError)) throw cause;
    const errors = cause.problems.map((problem) => ({
      path: problem.path.map(String).join('.'),
      message: problem.message,
    }));
    const told = errors
      .slice(0, TOLD_PROBLEMS)
      .map((field) => `${field.path || '(the whole)'}: ${field.message}`);
    const more = errors.length > TOLD_PROBLEMS ? ` (and ${errors.length - TOLD_PROBLEMS} more)` : '';
    const message = `AS graph file ${path}: ${told.join('; ')}${more}`;
    throw new FairhopError('as-graph-invalid', message, { status: 400, cause, errors: errors.slice(0, 100) });
  }
}

const stateOf = (path: string): Promise<FileState> =>
  orUnreadable(path, async () => {
    const { mtimeMs, size, ino } = await stat(path);
    return { modifiedMs: mtimeMs, sizeBytes: size, inode: ino };
  });

const isSame = (left: FileState, right: FileState): boolean =>
  left.modifiedMs === right.modifiedMs && left.sizeBytes === right.sizeBytes && left.inode === right.inode;

async function orUnreadable<Result>(path: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await operation();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `AS graph file ${path} cannot be read (${reason}); name a readable JSON file`;
    throw new FairhopError('as-graph-unreadable', message, { status: 400, cause });
  }
}
