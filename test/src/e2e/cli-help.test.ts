import { createProgram } from '@fairhop/fairhop';
import { runProgram } from '@fairhop/shared/service';
import { expect, it } from 'vitest';
import { type EndedCommand, oneLine, run } from './fixture/cli-command.js';

/** Commands that a help text lists. */
function listedCommands(help: string): string[] {
  const [, list = ''] = /\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([a-z][a-z0-9-]*)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
}

interface Help {
  readonly command: string;
  readonly text: string;
}

/** The whole program in this process, which is what `fairhop …` runs in its own. */
async function inProcess(words: readonly string[]): Promise<EndedCommand> {
  let out = '';
  let error = '';
  const exitCode = await runProgram(createProgram(), words, {
    out: { write: (text) => (out += text) },
    error: { write: (text) => (error += text) },
  });
  return { exitCode, out, error };
}

/** Of the command and all below it. */
async function readHelp(words: readonly string[]): Promise<Help[]> {
  const { exitCode, out, error } = await inProcess([...words, '--help']);
  expect({ words, exitCode, error }).toEqual({ words, exitCode: 0, error: '' });
  // A name that is no command would answer with the help of what is above it, without end.
  expect(out).toContain(`Usage: ${['fairhop', ...words].join(' ')} `);
  const help: Help[] = [{ command: words.join(' '), text: out }];
  for (const name of listedCommands(out)) help.push(...(await readHelp([...words, name])));
  return help;
}

it('every command explains itself with an example, and names the same thing alike', async () => {
  const help = await readHelp([]);
  expect(help.map(({ command }) => command)).toEqual(
    expect.arrayContaining([
      ...['', 'up', 'coordinator', 'edge', 'accounting', 'publish', 'get', 'agent', 'status', 'query bytes'],
      ...['isp agreement set', 'isp permit sign', 'owner add', 'owner budget set', 'audit', 'demo'],
    ]),
  );
  const withoutExample = help.filter(
    ({ text }) => !/(Examples?|First steps):\n(.*\n)*? {2,}(\$ )?(fairhop|npm) /.test(text),
  );
  expect(withoutExample.map(({ command }) => command)).toEqual([]);
  const options = help.flatMap(({ command, text }) =>
    [...text.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, option]) => ({ command, option: option! })),
  );
  expect(options.length).toBeGreaterThan(50);
  const elsewhere = [
    '--data-directory',
    '--coordinator-url',
    '--accounting-url',
    '--as-graph-file',
    '--address',
  ];
  expect(options.filter(({ option }) => elsewhere.includes(option))).toEqual([]);
  // A host is what bytes went to; what a service listens on is --bind.
  const hosts = options.filter(({ option }) => option === '--host').map(({ command }) => command);
  expect(hosts.every((command) => command.startsWith('query '))).toBe(true);
});

it.each([
  [['nonsense'], "unknown command 'nonsense'"],
  [['isp', 'agrement'], "unknown command 'agrement'.*Did you mean agreement"],
  [['query', 'bytes', '--leave', 'SP1'], "unknown option '--leave'.*--leaves"],
  [['withdraw'], "missing required argument 'title'"],
  [['publish', 'film.mp4'], "required option '--owner <owner>'"],
  [['up', '--edge-port', '70000'], '--edge-port <port>.*1 to 65535'],
  [['up', '--log-level', 'loud'], '--log-level <level>.*info'],
  [['query', 'bytes', '--hours', '18-24'], '--hours <from-to>.*18:00-00:00'],
])('refuses %j in one line, with exit code 2', async (words, message) => {
  const refused = await inProcess(words);
  expect(refused).toMatchObject({ exitCode: 2, out: '' });
  expect(refused.error).toMatch(oneLine('wrong-usage', message));
});

it('is the command in bin/', async () => {
  expect(await run(['--help'])).toEqual(await inProcess(['--help']));
  expect(await run(['nonsense'])).toEqual(await inProcess(['nonsense']));
});
