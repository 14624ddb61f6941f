import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file's state when it was looked at; another state is another content. */
export interface FileState {
  readonly modifiedMs: number;
  readonly sizeBytes: number;
  readonly inode: number;
}

export interface FoundFile {
  readonly path: string;
  readonly state: FileState;
}

/** More than the newest so many files of a directory are not looked at. */
const maximumFiles = 4_096;

export const isSameState = (left: FileState, right: FileState): boolean =>
  left.modifiedMs === right.modifiedMs && left.sizeBytes === right.sizeBytes && left.inode === right.inode;

export async function fileStateOf(path: string): Promise<FileState> {
  const { mtimeMs, size, ino } = await stat(path);
  return { modifiedMs: mtimeMs, sizeBytes: size, inode: ino };
}

/**
 * The file, or the files of the directory without those that begin with a dot, the one written last at the end.
 * Throws what the file system says of the path itself; files that vanish meanwhile are left out.
 */
export async function findFiles(path: string): Promise<FoundFile[]> {
  const info = await stat(path);
  if (!info.isDirectory()) return [{ path, state: await fileStateOf(path) }];
  const found: FoundFile[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || entry.isDirectory()) continue;
    const filePath = join(path, entry.name);
    const state = await fileStateOf(filePath).catch(() => undefined);
    if (state) found.push({ path: filePath, state });
  }
  return found
    .sort(
      (left, right) => left.state.modifiedMs - right.state.modifiedMs || (left.path < right.path ? -1 : 1),
    )
    .slice(-maximumFiles);
}
