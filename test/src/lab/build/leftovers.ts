import { readdir, rm, rmdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { forEachConcurrently, runCommand } from './run-command.js';

const resolversDirectory = '/etc/netns';
/** A router writes out its last lines and closes its sessions within this time. */
const gracePeriodMs = 3_000;
const pollMs = 50;

/** Everything that a lab left on this machine, also one that was killed: its processes, namespaces and files. */
export async function tearDownLeftovers(): Promise<void> {
  const namespaces = await labNamespaces();
  await endProcesses(namespaces);
  if (namespaces.length > 0) {
    await runCommand('ip', ['-force', '-batch', '-'], {
      input: namespaces.map((namespace) => `netns del ${namespace}\n`).join(''),
    });
  }
  const directories = await readdir(resolversDirectory).catch(() => []);
  const own = directories.filter((name) => name.startsWith('fh-'));
  for (const name of own) await rm(`${resolversDirectory}/${name}`, { recursive: true, force: true });
  // Others may have theirs in it.
  if (own.length > 0) await rmdir(resolversDirectory).catch(() => {});
}

async function labNamespaces(): Promise<string[]> {
  const list = await runCommand('ip', ['netns', 'list']);
  return list
    .split('\n')
    .map((line) => line.split(' ')[0]!)
    .filter((name) => name.startsWith('fh-'));
}

async function endProcesses(namespaces: readonly string[]): Promise<void> {
  let signal: NodeJS.Signals = 'SIGTERM';
  const deadlineMs = Date.now() + gracePeriodMs;
  let remaining = namespaces;
  for (;;) {
    const pids = await processesIn(remaining);
    if (pids.size === 0) return;
    const isLate = Date.now() > deadlineMs;
    if (Date.now() > deadlineMs + gracePeriodMs) {
      throw new Error(`processes ${[...pids.values()].flat().join(', ')} of the lab do not end`);
    }
    if (isLate) signal = 'SIGKILL';
    if (signal === 'SIGKILL' || remaining === namespaces) {
      for (const pid of [...pids.values()].flat()) sendSignal(pid, signal);
    }
    remaining = [...pids.keys()];
    await delay(pollMs);
  }
}

async function processesIn(namespaces: readonly string[]): Promise<Map<string, number[]>> {
  const found = await forEachConcurrently(namespaces, async (namespace) => {
    const output = await runCommand('ip', ['netns', 'pids', namespace]);
    return [namespace, output.split('\n').filter(Boolean).map(Number)] as const;
  });
  return new Map(found.filter(([, pids]) => pids.length > 0));
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
