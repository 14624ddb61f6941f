import { expect, it } from 'vitest';
import { oneLine, run } from './fixture/cli-command.js';

/** Commands that a help text lists. */
function listedCommands(help: string): string[] {
  const [, list = ''] = /\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(help) ?? [];
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help');
}

interface Help {
  readonly command: string;
  readonly text: string;
}

/** Each is a process; more at once would only wait for each other. */
const AT_ONCE = 4;

/** Of the command and all below it. */
async function readAllHelp(): Promise<Help[]> {
  const help: Help[] = [];
  const waiting: string[][] = [[]];
  while (waiting.length > 0) {
    const read = async (words: string[]) => ({ words, ...(await run([...words, '--help'])) });
    for (const { words, exitCode, out, error } of await Promise.all(waiting.splice(0, AT_ONCE).map(read))) {
      expect({ words, exitCode, error }).toEqual({ words, exitCode: 0, error: '' });
      help.push({ command: words.join(' '), text: out });
      waiting.push(...listedCommands(out).map((name) => [...words, name]));
    }
  }
  return help;
}

it('every command explains itself with an example, and names the same thing alike', async () => {
  const help = await readAllHelp();
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
}, 60_000);

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
  const refused = await run(words);
  expect(refused).toMatchObject({ exitCode: 2, out: '' });
  expect(refused.error).toMatch(oneLine('wrong-usage', message));
});
