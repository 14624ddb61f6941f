import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { errorCode } from '@fairhop/shared/service';
import Database from 'better-sqlite3';

/** Beside the names of the namespaces, and as they are the same for every checkout and user of a machine. */
const LOCK_FILE = '/run/fairhop-lab.lock';

/**
 * Takes the machine for one lab until what is given is called or this process is gone: another lab begins by ending all that it
 * finds. `what` is told to those who come meanwhile. SQLite's lock on a file is the operating system's, which takes it back
 * however the process ends.
 * @throws Error that says who has the machine
 */
export function takeMachine(what: string, file = LOCK_FILE): () => void {
  const holderFile = `${file}.holder`;
  const lock = new Database(file, { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (errorCode(error) !== 'SQLITE_BUSY') throw error;
    throw new Error(
      `another lab runs on this machine, ${readHolder(holderFile)}; wait until it is over, or end it`,
      { cause: error },
    );
  }
  writeFileSync(holderFile, `process ${process.pid} (${what}, since ${new Date().toISOString()})`);
  return () => {
    rmSync(holderFile, { force: true });
    lock.close();
  };
}

function readHolder(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    // It has the lock since a moment ago.
    if (errorCode(error) === 'ENOENT') return 'of which nothing more is known yet';
    throw error;
  }
}
