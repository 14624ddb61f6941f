import { exitCodes, runProgram } from '@fairhop/shared/service';
import { Command } from 'commander';
import { describe, expect, it, vi } from 'vitest';
import { registerEdgeCommands } from './index.js';

async function run(...argv: string[]): Promise<{ code: number; out: string; error: string }> {
  const program = new Command('fairhop');
  registerEdgeCommands(program);
  let out = '';
  let error = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  try {
    const streams = {
      out: { write: (text: string) => (out += text) },
      error: { write: (text: string) => (error += text) },
    };
    return { code: await runProgram(program, ['edge', ...argv], streams), out, error };
  } finally {
    write.mockRestore();
  }
}

describe('fairhop edge', () => {
  it('explains itself with an example', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(exitCodes.ok);
    expect(out).toContain('--join-token');
    expect(out).toContain('$ fairhop edge --coordinator');
  });

  it('shows its configuration with units read and secrets left out', async () => {
    const { code, out } = await run(
      '--rate',
      '40Mbit/s',
      '--cache-size',
      '1GiB',
      '--join-token',
      'hush',
      '--print-config',
    );
    expect(code).toBe(exitCodes.ok);
    expect(out).toMatch(/^rateBitsPerSecond = 40000000 {2}# flag/m);
    expect(out).toMatch(/^cacheBytes = 1073741824 /m);
    expect(out).toMatch(/^port = 4603 {2}# default/m);
    expect(out).not.toContain('hush');
  });

  it.each([
    [['--rate', '40'], 'rateBitsPerSecond'],
    [['--rate', 'fast'], 'rate'],
    [['--cache-size', '1MiB'], 'cacheBytes'],
    [['--port', '70000'], 'port'],
    [['--coordinator', 'ftp://x'], 'flag --coordinator gives'],
    [['--nonsense'], 'nonsense'],
  ])('refuses %j by name', async (argv, named) => {
    const { code, error } = await run(...argv, '--print-config');
    expect(code).toBe(exitCodes.invalidInput);
    expect(error).toContain(named);
    expect(error.trim().split('\n')).toHaveLength(1);
  });
});
