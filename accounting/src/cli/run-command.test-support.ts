import { runProgram } from '@fairhop/shared/service';
import { Command } from 'commander';
import { vi } from 'vitest';
import { registerAccountingCommands } from './index.js';

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly error: string;
}

/** Runs `fairhop …` as the shell would. */
export async function runCommand(...argv: string[]): Promise<Ran> {
  const program = new Command('fairhop');
  registerAccountingCommands(program);
  let out = '';
  let error = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    const exitCode = await runProgram(program, argv, {
      out: { write: (text) => (out += text) },
      error: { write: (text) => (error += text) },
    });
    return { exitCode, out, error };
  } finally {
    write.mockRestore();
  }
}
