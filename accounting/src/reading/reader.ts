import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { FairhopError } from '@fairhop/shared/model';
import { more, type Page, type Reading, type Select } from './reading.js';
import { type WorkerAnswer, type WorkerFacts, type WorkerRequest, workerProgram } from './worker-program.js';

export interface ReaderConfig {
  /** SQLite file of the ledger; it exists. */
  readonly file: string;
  /** What is read takes at most this long, from its turn on. */
  readonly timeoutMs: number;
  /** Readings that wait for their turn; more are refused. */
  readonly maximumWaiting: number;
}

export interface Reader {
  /**
   * Reads one state of the ledger beside the thread of the service, one reading at a time; `begin` is called once that state is
   * fixed. Throws `reading-timeout` and `readings-overloaded` (503), `reader-stopped`, and what the reading throws.
   */
  run<Result>(begin: () => Reading<Result>): Promise<Result>;
  /** Ends what is read; it waits for the statement under way, no longer. */
  stop(): Promise<void>;
}

/** Pages that one reading comes back to; the system's file cache is behind it. */
const cacheKib = 64 * 1024;
const pageRows = 5_000;
const sqliteModule = createRequire(import.meta.url).resolve('better-sqlite3');

export function createReader({ file, timeoutMs, maximumWaiting }: ReaderConfig): Reader {
  const stopping = new AbortController();
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  const start = (): Worker => {
    if (worker !== undefined) return worker;
    const facts: WorkerFacts = { file, sqliteModule, cacheKib, pageRows };
    const started = new Worker(workerProgram, { eval: true, workerData: facts });
    worker = started;
    // One that ended by itself is replaced; whoever waits for it is told by its own listener.
    const forget = (): void => {
      if (worker === started) worker = undefined;
    };
    started.on('error', forget).on('exit', forget);
    return started;
  };
  const end = async (): Promise<void> => {
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  };
  const ask = async (request: WorkerRequest, signal: AbortSignal): Promise<Page> => {
    signal.throwIfAborted();
    const asked = start();
    const exited = new AbortController();
    const onExit = (): void => exited.abort(new Error('the reading thread ended'));
    asked.once('exit', onExit);
    try {
      const answered = once(asked, 'message', { signal: AbortSignal.any([signal, exited.signal]) });
      asked.postMessage(request);
      const [answer] = (await answered) as [WorkerAnswer];
      if (answer.kind === 'error') throw new Error(answer.message);
      return answer;
    } finally {
      asked.off('exit', onExit);
    }
  };
  const drive = async <Result>(begin: () => Reading<Result>, signal: AbortSignal): Promise<Result> => {
    await ask({ kind: 'begin' }, signal);
    const reading = begin();
    for (let step = reading.next(); ; ) {
      if (step.done === true) return step.value;
      let page: Page;
      try {
        page = await ask(requestOf(step.value), signal);
      } catch (error) {
        signal.throwIfAborted();
        step = reading.throw(error);
        continue;
      }
      step = reading.next(page);
    }
  };
  const runNow = async <Result>(begin: () => Reading<Result>): Promise<Result> => {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, stopping.signal]);
    try {
      const result = await drive(begin, signal);
      await ask({ kind: 'end' }, signal);
      return result;
    } catch (error) {
      if (signal.aborted) await end();
      else await ask({ kind: 'end' }, signal).catch(end);
      if (stopping.signal.aborted) throw stopped();
      if (timeout.aborted) throw timedOut(timeoutMs);
      throw error;
    }
  };
  return {
    async run(begin) {
      if (stopping.signal.aborted) throw stopped();
      if (waiting > maximumWaiting) throw overloaded(maximumWaiting);
      waiting += 1;
      const turn = last.then(() => {
        if (stopping.signal.aborted) throw stopped();
        return runNow(begin);
      });
      last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        waiting -= 1;
      }
    },
    async stop() {
      stopping.abort();
      await last;
      await end();
    },
  };
}

function requestOf(step: Select | typeof more): WorkerRequest {
  if (step === more) return { kind: 'more' };
  const { sql, parameters = {}, isExact = false } = step;
  return { kind: 'select', sql, parameters, isExact };
}

const stopped = (): FairhopError =>
  new FairhopError('reader-stopped', 'the service is ending; ask again once it runs', { status: 503 });

const timedOut = (timeoutMs: number): FairhopError =>
  new FairhopError(
    'reading-timeout',
    `the ledger could not be read within ${timeoutMs / 1000} s; a shorter time or fewer groups are right`,
    { status: 503 },
  );

const overloaded = (maximum: number): FairhopError =>
  new FairhopError('readings-overloaded', `${maximum} questions wait already; ask again later`, {
    status: 503,
  });
