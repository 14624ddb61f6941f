import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createInternet } from './build/create-internet.js';
import { takeMachine } from './build/machine-lock.js';
import { missingRequirements } from './build/requirements.js';
import { internet } from './internet.js';
import { found, namespaceOf } from './internet-model.js';
import { type LabReport, labReportSchema } from './measure/report.js';
import { reportText } from './report-text.js';
import { createStory } from './scenario/story.js';
import { withPriority } from './scenario/with-priority.js';
import { isStandingCommand, runStanding, STANDING_DIRECTORY, type StandingCommand } from './standing.js';

const usage = `usage: npm run lab [-- --json] [--keep DIR]
       npm run lab -- up|status|down [--keep DIR]

Builds a small internet out of network namespaces (root on Linux), runs the whole system in it, and compares what accounting says of
paths and bytes with what the kernels did. Takes about three minutes.

up          builds the internet and leaves it standing, with nothing in it, to look around
status      shows its routers and their BGP sessions
down        takes it away, and what an earlier run left

--json      prints one JSON document; npm prints its own banner, so say: npm run --silent lab -- --json
--keep DIR  leaves logs, RIB dumps and databases in this new directory; of up, status and down the directory of the internet that
            stands, by default ${STANDING_DIRECTORY}

Exit codes: 0 every bound is met, 1 one is missed or the lab cannot run, 2 wrong usage.
`;
/** A run that hangs is a failed one. */
const RUN_TIMEOUT_MS = 8 * 60_000;
/** The scenario ends its agents and services within this time once it is told to. */
const STOP_TIMEOUT_MS = 60_000;
const SCENARIO = fileURLToPath(new URL('./scenario/program.js', import.meta.url));
const story = createStory(process.stderr);

process.exitCode = await main(process.argv.slice(2).filter((word) => word !== '--'));

async function main(args: readonly string[]): Promise<number> {
  let command: StandingCommand | undefined;
  let options: { json?: boolean; keep?: string; help?: boolean };
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, keep: { type: 'string' }, help: { type: 'boolean' } },
      allowPositionals: true,
    });
    options = values;
    const [word, ...others] = positionals;
    if (others.length > 0) throw new Error(`unexpected ${others.join(' ')}`);
    if (word !== undefined && !isStandingCommand(word)) throw new Error(`unknown command ${word}`);
    command = word;
  } catch (error) {
    process.stderr.write(`lab: ${textOf(error)}\n\n${usage}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const missing = await missingRequirements();
  if (missing.length > 0) {
    process.stderr.write(`${missing.map((what) => `lab: ${what}`).join('\n')}\nlab: did not run\n`);
    return 1;
  }
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(RUN_TIMEOUT_MS)]);
  try {
    // Who only looks at routers takes nothing away.
    const release = command === 'status' ? undefined : takeMachine(['lab', ...args].join(' '));
    try {
      if (command !== undefined)
        return await runStanding(command, { directory: options.keep, story, signal });
      return await runAndTell(options, signal);
    } finally {
      release?.();
    }
  } catch (error) {
    process.stderr.write(`lab: ${textOf(error)}\n`);
    return 1;
  }
}

/** Gives the exit code. */
async function runAndTell(
  { json, keep }: { readonly json?: boolean; readonly keep?: string },
  signal: AbortSignal,
): Promise<number> {
  // Short: control sockets are in it.
  const directory = keep ?? (await mkdtemp(join(tmpdir(), 'fh-')));
  try {
    if (keep !== undefined) await mkdir(keep);
    const report = await runLab(directory, signal);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    return report.failures.length === 0 ? 0 : 1;
  } finally {
    if (keep === undefined) await rm(directory, { recursive: true, force: true });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function runLab(directory: string, signal: AbortSignal): Promise<LabReport> {
  const running = createInternet(internet, { directory, log: story.line });
  story.chapter('The internet is built');
  try {
    await withPriority(() => running.up(signal));
    await runInside(directory, signal);
  } finally {
    story.chapter('The internet is taken down');
    await running.down();
  }
  return labReportSchema.parse(JSON.parse(await readFile(join(directory, 'report.json'), 'utf8')));
}

/** Runs the scenario where the services are, to its end. */
function runInside(directory: string, signal: AbortSignal): Promise<void> {
  const services = found(
    internet.hosts.find(({ role }) => role === 'services'),
    'host for the services',
  );
  return new Promise((resolve, reject) => {
    const words = ['netns', 'exec', namespaceOf(services.name), process.execPath, SCENARIO, directory];
    const child = spawn('ip', words, { stdio: ['ignore', 'inherit', 'inherit'] });
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else if (code === 0) resolve();
      else reject(new Error(`the scenario ended with ${code}`));
    });
  });
}
