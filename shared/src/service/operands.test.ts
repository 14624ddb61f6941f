import { Command } from 'commander';
import { expect, test } from 'vitest';
import { runProgram } from './cli.js';

const key = '-vZGh-xjTz0EMD4cgnPaWy3wJw1yZKFPOmtnQ0k-1Mo';

async function put(...argv: string[]) {
  const seen: unknown[] = [];
  const program = new Command('fairhop');
  program
    .command('put')
    .argument('<agent>')
    .option('--reason <text>')
    .option('--json')
    .action((agent, options) => void seen.push({ agent, ...options }));
  let error = '';
  const streams = { out: { write: () => true }, error: { write: (text: string) => (error += text) } };
  return { exitCode: await runProgram(program, ['put', ...argv], streams), seen, error };
}

test.each([
  { argv: [key, '--reason', 'lies', '--json'], seen: { agent: key, reason: 'lies', json: true } },
  { argv: ['--json', key], seen: { agent: key, json: true } },
  { argv: [`-${key}`], seen: { agent: `-${key}` } },
  { argv: ['plain', '--reason', key], seen: { agent: 'plain', reason: key } },
  { argv: ['--', key], seen: { agent: key } },
])('a key that begins with a dash is an operand: $argv', async ({ argv, seen }) => {
  expect(await put(...argv)).toEqual({ exitCode: 0, seen: [seen], error: '' });
});

test('an option that does not exist stays wrong usage', async () => {
  expect(await put('plain', '--reason-that-nobody-knows')).toMatchObject({
    exitCode: 2,
    error: expect.stringContaining('--reason-that-nobody-knows'),
  });
});
