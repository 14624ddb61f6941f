import { type ExecFileException, execFile } from 'node:child_process';

export interface CommandOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Exit codes that are an answer too. */
  readonly allowedCodes?: readonly number[];
}

/** Far more than any command here takes on a busy machine. */
const defaultTimeoutMs = 20_000;
/** The longest output is a batch of some hundred routes. */
const maximumOutputBytes = 16 * 1024 ** 2;

/** Standard output of a command that went well; the error of one that did not says what it printed. */
export function runCommand(
  file: string,
  args: readonly string[],
  { input, timeoutMs = defaultTimeoutMs, signal, allowedCodes = [0] }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: maximumOutputBytes, ...(signal && { signal }) },
      (error, stdout, stderr) => {
        if (error === null || (typeof error.code === 'number' && allowedCodes.includes(error.code))) {
          resolve(stdout);
        } else if (signal?.aborted) {
          reject(signal.reason);
        } else {
          reject(new Error(describe(file, args, timeoutMs, error, stderr)));
        }
      },
    );
    // A command that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}

function describe(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  error: ExecFileException,
  stderr: string,
) {
  const how = error.killed
    ? `was stopped after ${timeoutMs} ms or too much output`
    : `ended with ${error.code}`;
  return `${[file, ...args].join(' ')} ${how}: ${stderr.trim() || error.message}`;
}

/** Runs a task per item, a few at a time, so that two cores are busy and no more. */
export async function forEachConcurrently<T, R>(
  items: readonly T[],
  task: (item: T) => Promise<R>,
  concurrency = 4,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const work = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await task(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));
  return results;
}
