import { runProgram } from '@fairhop/shared/service';
import { Command } from 'commander';
import { vi } from 'vitest';
import { registerCoordinatorCommands } from './index.js';

/** Runs a command, and gives its exit code and what it printed. */
export async function fairhop(...argv: string[]) {
  const program = new Command('fairhop');
  registerCoordinatorCommands(program);
  const printed = { out: '', error: '' };
  const capture = (stream: 'stdout' | 'stderr', into: 'out' | 'error') =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[into] += String(text);
      return true;
    });
  const spies = [capture('stdout', 'out'), capture('stderr', 'error')];
  try {
    const streams = { out: process.stdout, error: process.stderr };
    return { exitCode: await runProgram(program, argv, streams), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
