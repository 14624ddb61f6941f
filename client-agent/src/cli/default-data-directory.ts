import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where an agent keeps its data unless told otherwise. */
export function defaultDataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (process.platform === 'win32') return join(env['LOCALAPPDATA'] ?? homedir(), 'fairhop', 'agent');
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Application Support', 'fairhop', 'agent');
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'fairhop', 'agent');
}

/** The same for a help text, from the home directory on as a shell takes it. */
export function describeDefaultDataDirectory(): string {
  const directory = defaultDataDirectory();
  const isInHome = process.platform !== 'win32' && directory.startsWith(`${homedir()}/`);
  return isInHome ? `~${directory.slice(homedir().length)}` : directory;
}
