import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileAtomic } from './atomic-file.js';
import { readOrCreateSecretFile } from './secret-file.js';

/** Where the services of a machine keep everything unless told otherwise: a folder in the working directory. */
export const DEFAULT_LOCAL_DIRECTORY = 'fairhop-data';

const EMPTY_AS_GRAPH = { version: 1, isps: [], ases: [], prefixes: [], links: [] };

/** What the services of one machine share, and a folder for each of its own. `--data-dir` names it. */
export interface LocalDirectory {
  readonly path: string;
  /** One token for all of them. */
  readonly operatorTokenFile: string;
  readonly asGraphFile: string;
  /** Files of titles whose origin is a directory. */
  readonly originDirectory: string;
  /** Data directory of one service. */
  folderOf(service: 'coordinator' | 'accounting' | 'edge'): string;
}

export function localDirectory(path: string = DEFAULT_LOCAL_DIRECTORY): LocalDirectory {
  return {
    path,
    operatorTokenFile: join(path, 'operator.token'),
    asGraphFile: join(path, 'as-graph.json'),
    originDirectory: join(path, 'origin'),
    folderOf: (service) => join(path, service),
  };
}

/** The operator's token of all services here; made by the first of them that starts. Throws as `readOrCreateSecretFile`. */
export async function localOperatorToken(directory: LocalDirectory): Promise<string> {
  await mkdir(directory.path, { recursive: true, mode: 0o700 });
  return readOrCreateSecretFile(directory.operatorTokenFile);
}

/** Makes an AS graph to be filled in, unless there is one. It knows no ISP, so that nobody may upload. */
export async function createEmptyAsGraph(directory: LocalDirectory): Promise<void> {
  await mkdir(directory.path, { recursive: true, mode: 0o700 });
  await createFileAtomic(directory.asGraphFile, `${JSON.stringify(EMPTY_AS_GRAPH, null, 2)}\n`);
}
