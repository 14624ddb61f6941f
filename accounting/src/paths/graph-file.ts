import { readFile, stat } from 'node:fs/promises';
import { FairhopError } from '@fairhop/shared/model';
import { type AsGraph, AsGraphError, createAsGraph } from '@fairhop/shared/net';

/** The file's state when it was read; another state is another graph. */
interface FileState {
  readonly modifiedMs: number;
  readonly sizeBytes: number;
  readonly inode: number;
}

export interface GraphFile {
  /** Reads it now. Throws `as-graph-unreadable` or `as-graph-invalid`. */
  read(): Promise<AsGraph>;
  /** Reads it if it is another than was read last, right or wrong; throws as `read`. Undefined when it is the same. */
  readIfChanged(): Promise<AsGraph | undefined>;
}

/** The operator's AS graph in a JSON file. */
export function createGraphFile(path: string): GraphFile {
  let lastState: FileState | undefined;

  const read = async (state: FileState): Promise<AsGraph> => {
    lastState = state;
    return parse(path, await orUnreadable(path, () => readFile(path, 'utf8')));
  };
  return {
    read: async () => read(await stateOf(path)),
    readIfChanged: async () => {
      const state = await stateOf(path);
      return lastState !== undefined && isSame(lastState, state) ? undefined : read(state);
    },
  };
}

function parse(path: string, text: string): AsGraph {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FairhopError('as-graph-invalid', `AS graph file ${path} is not JSON: ${String(cause)}`, {
      cause,
    });
  }
  try {
    return createAsGraph(json);
  } catch (cause) {
    if (!(cause instanceof AsGraphError)) throw cause;
    const told = cause.problems.slice(0, 5).map((problem) => `${problem.path.join('.')}: ${problem.message}`);
    throw new FairhopError('as-graph-invalid', `AS graph file ${path}: ${told.join('; ')}`, { cause });
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
    throw new FairhopError(
      'as-graph-unreadable',
      `AS graph file ${path} cannot be read (${reason}); name a readable JSON file`,
      { cause },
    );
  }
}
