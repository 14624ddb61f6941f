import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { FairhopError } from '../model/index.js';

/** Thirty hops of three probes with names are under 10 KiB. */
const MAX_OUTPUT_BYTES = 64 * 1024;

export interface ProcessOptions {
  /** The process is ended after this long; what it said until then counts. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Called with all that came so far, whenever more came; true ends the process. */
  readonly isEnough?: (output: string) => boolean;
}

/**
 * Runs a program of the system at the lowest priority, without a shell, and gives what it wrote to standard output and error,
 * at most 64 KiB. Its exit status does not count: a trace that reached nobody is told of by its output.
 * @throws `program-missing`, `program-failed` when it cannot be started; `aborted`
 */
export function runProcess(
  file: string,
  args: readonly string[],
  { timeoutMs, signal, isEnough = () => false }: ProcessOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted(file));
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      // Words of the tools are not read, but numbers are: with a point. Tools for routes are often outside a user's path.
      env: { ...process.env, LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}${systemPath}` },
    });
    let output = '';
    const end = (): void => {
      child.kill('SIGKILL');
    };
    const timer = setTimeout(end, timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    const take = (chunk: Buffer): void => {
      // Addresses and numbers are ASCII in every code page.
      output += chunk.toString('latin1', 0, Math.max(0, MAX_OUTPUT_BYTES - output.length));
      if (output.length >= MAX_OUTPUT_BYTES || isEnough(output)) end();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    };
    child.once('error', (cause: NodeJS.ErrnoException) => {
      settle();
      const code = cause.code === 'ENOENT' ? 'program-missing' : 'program-failed';
      reject(new FairhopError(code, `${file} cannot be started (${cause.code ?? cause.message})`, { cause }));
    });
    child.once('close', () => {
      settle();
      if (signal.aborted) reject(aborted(file));
      else resolve(output);
    });
    lowerPriority(child.pid);
  });
}

const systemPath = process.platform === 'win32' ? '' : ':/usr/local/sbin:/usr/sbin:/sbin';

/** A process that is gone already, or a system that refuses, does not matter. */
function lowerPriority(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It runs as it is.
  }
}

const aborted = (file: string): FairhopError => new FairhopError('aborted', `${file} was aborted`);
