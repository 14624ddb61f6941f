import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { FairhopError } from '../model/errors.js';
import { exitCodeOf, optionParser, printJson, runProgram } from './cli.js';
import { parseByteSize } from './quantities.js';

async function run(argv: string[], action: (options: { size?: number }) => void = () => undefined) {
  const written: { out: string[]; error: string[] } = { out: [], error: [] };
  const streams = {
    out: { write: (text: string) => written.out.push(text) },
    error: { write: (text: string) => written.error.push(text) },
  };
  const program = new Command('fairhop').version('1.2.3');
  const parser = optionParser(parseByteSize);
  program
    .command('get')
    .argument('<title>')
    .option('--size <size>', 'most bytes to take', parser)
    .action(async (_title: string, options: { size?: number }) => action(options));
  const exitCode = await runProgram(program, argv, streams);
  return { out: written.out.join(''), error: written.error.join(''), exitCode };
}

describe('runProgram', () => {
  it('runs the handler with its options', async () => {
    let size: number | undefined;
    const result = await run(['get', 'x', '--size', '2KiB'], (options) => {
      size = options.size;
    });
    expect([result.exitCode, result.error, size]).toEqual([0, '', 2048]);
  });

  it('tells an error in one line, safe for a terminal, and exits by its status', async () => {
    const result = await run(['get', 'x'], () => {
      throw new FairhopError('title-unknown', 'no title "\u001b[31mx"\n  anywhere', { status: 404 });
    });
    expect(result).toMatchObject({
      out: '',
      error: 'fairhop: no title "\ufffd[31mx" anywhere [title-unknown]\n',
      exitCode: 3,
    });
  });

  it('shows where a mistake of ours happened', async () => {
    const result = await run(['get', 'x'], () => {
      throw new TypeError('x is not a function');
    });
    expect(result.exitCode).toBe(1);
    expect(result.error).toMatch(
      /^fairhop: TypeError: x is not a function at .*cli\.test\.ts.* \[internal\]\n$/,
    );
  });

  it.each([
    [['get'], /missing required argument 'title'/],
    [['gett', 'x'], /unknown command 'gett'.*Did you mean get\?/],
    [['get', 'x', '--sise', '1'], /unknown option '--sise'.*--size/],
    [['get', 'x', '--size', '1 apple'], /option '--size <size>'.*"1 apple" is no size.*64MiB/],
  ])('refuses %j as wrong usage, in one line', async (argv, message) => {
    const result = await run(argv);
    expect(result).toMatchObject({ out: '', exitCode: 2 });
    expect(result.error).toMatch(message);
    expect(result.error).toMatch(/^fairhop: [^\n]* \[wrong-usage\]\n$/);
  });

  it.each([['--help'], ['--version']])('answers %s on standard output', async (flag) => {
    const result = await run([flag]);
    expect(result).toMatchObject({ error: '', exitCode: 0 });
    expect(result.out).toMatch(flag === '--help' ? /get .*<title>/ : /^1\.2\.3\n$/);
  });
});

describe('exitCodeOf', () => {
  it.each([
    ['invalid-request', 400, 2],
    ['forbidden', 403, 4],
    ['time-out', 504, 5],
    ['service-unavailable', 503, 5],
    ['conflict', 409, 6],
    ['interrupted', undefined, 130],
    ['disk-full', 507, 1],
    ['whatever', undefined, 1],
  ])('%s (%s) is %i', (code, status, exitCode) => {
    expect(exitCodeOf(new FairhopError(code, 'x', status === undefined ? {} : { status }))).toBe(exitCode);
  });
});

describe('printJson', () => {
  it('writes one document', () => {
    const parts: string[] = [];
    printJson({ bytes: 1 }, { write: (text) => parts.push(text) });
    expect([JSON.parse(parts.join('')), parts.join('').endsWith('}\n')]).toEqual([{ bytes: 1 }, true]);
  });
});
