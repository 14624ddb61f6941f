import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FairhopError } from '@fairhop/shared/model';
import { printJson } from '@fairhop/shared/service';
import { demoFailures } from './report.js';
import { writeSampleFile } from './sample-file.js';
import { playDemo } from './scenario.js';
import { createStory } from './story.js';

export interface DemoOptions {
  readonly file?: string;
  readonly size?: number;
  readonly subscribers: number;
  readonly keep?: string;
  readonly json?: boolean;
}

const OUTPUT_DIRECTORY = 'demo-output';
const DEFAULT_SIZE_BYTES = 64 * 1024 * 1024;
/** Enough for a gigabyte at the demo's rates; nothing in it waits without an end. */
const DEMO_TIMEOUT_MS = 15 * 60_000;

const workingDirectory = async (keep: string | undefined): Promise<string> => {
  if (keep === undefined) return mkdtemp(join(tmpdir(), 'fairhop-demo-'));
  await mkdir(keep, { recursive: false }).catch((cause: unknown) => {
    throw new FairhopError('directory-unusable', `--keep ${keep} cannot be made; name a new directory`, {
      status: 409,
      cause,
    });
  });
  return resolve(keep);
};

/** Of what was kept, else in the working directory: invoices of the run before have the same names. */
const outputDirectory = async (keep: string | undefined): Promise<string> => {
  const directory = keep === undefined ? resolve(OUTPUT_DIRECTORY) : resolve(keep, 'invoices');
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw new FairhopError(
      'directory-unusable',
      `${directory}, for invoices, cannot be made; start the demo in a directory that you may write to`,
      { status: 409, cause },
    );
  });
  return directory;
};

const fileToPublish = async (
  options: DemoOptions,
  directory: string,
  signal: AbortSignal,
): Promise<string> => {
  if (options.file === undefined) {
    const path = join(directory, 'big-film.mp4');
    await writeSampleFile(path, options.size ?? DEFAULT_SIZE_BYTES, signal);
    return path;
  }
  const status = await stat(options.file).catch(() => undefined);
  if (!status?.isFile() || status.size === 0)
    throw new FairhopError(
      'file-unusable',
      `--file ${options.file} is no readable file with at least one byte`,
      {
        status: 400,
      },
    );
  await new Promise((done, fail) =>
    createReadStream(options.file!, { end: 0 }).on('data', done).on('error', fail),
  );
  return resolve(options.file);
};

/** Plays the demo; the exit code is 1 when something that it shows does not hold. */
export const runDemo = async (options: DemoOptions): Promise<void> => {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new FairhopError('interrupted', 'told to end'));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(DEMO_TIMEOUT_MS)]);
  const story = createStory(options.json ? process.stderr : process.stdout);
  const directory = await workingDirectory(options.keep);
  try {
    const file = await fileToPublish(options, directory, signal);
    const { report, evidence } = await playDemo({
      directory,
      outputDirectory: await outputDirectory(options.keep),
      file,
      perIsp: options.subscribers,
      story,
      signal,
    });
    if (options.keep !== undefined)
      await writeFile(join(directory, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
    if (options.json) printJson(report);
    const failures = demoFailures(report, evidence);
    for (const failure of failures) story.line(`FAILED: ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    if (options.keep === undefined) await rm(directory, { recursive: true, force: true });
  }
};
