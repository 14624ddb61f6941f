import { expect, it } from 'vitest';
import { createNameResolver, reverseName } from './resolve-names.js';
import { runProcess } from './run-process.js';
import { createTracer } from './tracer.js';

const signal = new AbortController().signal;
const noNames = createNameResolver({ nowMs: Date.now, reverse: () => Promise.reject(new Error('no name')) });
const node = (script: string, options: Partial<Parameters<typeof runProcess>[2]> = {}) =>
  runProcess(process.execPath, ['-e', script], { timeoutMs: 20_000, signal, ...options });

it('ends a tool at its time-out, when it is told to, and when it has said enough', async () => {
  const forever = 'process.stdout.write("1  192.0.2.1  1 ms\\n"); setInterval(() => {}, 1000)';
  await node(forever, { timeoutMs: 500 });
  expect(await node(forever, { isEnough: (output) => output.includes('ms\n') })).toContain('192.0.2.1');
  const abort = new AbortController();
  const running = node(forever, { signal: abort.signal });
  abort.abort();
  await expect(running).rejects.toMatchObject({ code: 'aborted' });
});

it('takes no more of an output than a trace can have', async () => {
  expect((await node('for (;;) process.stdout.write("x".repeat(10000))')).length).toBe(64 * 1024);
});

it('names a program that is not there', async () => {
  const missing = runProcess('fairhop-no-such-tool', [], { timeoutMs: 1000, signal });
  await expect(missing).rejects.toMatchObject({ code: 'program-missing' });
});

/** A system that has the given programs, by file: each gets its arguments and gives its output. */
function systemWith(programs: Programs, platform: NodeJS.Platform = 'linux', bindAddress?: string) {
  const asked: string[] = [];
  const run: typeof runProcess = async (file, args) => {
    asked.push([file, ...args].join(' '));
    const program = programs[file];
    if (program === undefined) throw Object.assign(new Error('no such file'), { code: 'program-missing' });
    return program(args);
  };
  const tracer = createTracer(
    { bindAddress },
    { names: noNames, nowMs: () => 1000, random: () => 0, platform, run },
  );
  return { asked, tracer };
}

const modern = (args: readonly string[]): string =>
  args[0] === '--version'
    ? 'Modern traceroute for Linux, version 2.1.2\n'
    : ' 1  192.0.2.1  0.5 ms  0.4 ms\n 2  * *\n 3  198.51.100.9  1 ms  1 ms\n 4  * *\n';

it('traces one flow with the modern traceroute, and leaves out what is silent at the end', async () => {
  const { asked, tracer } = systemWith({ traceroute: modern }, 'linux', '192.0.2.77');
  const trace = await tracer.trace('198.51.100.9', signal);
  expect(asked.at(-1)).toBe(
    'traceroute -4 -n -q 2 -w 1 -m 30 -U -p 33434 --sport=20000 -N 1 -s 192.0.2.77 198.51.100.9',
  );
  expect(trace).toMatchObject({ tool: 'traceroute', protocol: 'udp', reached: true });
  expect(trace.hops.map(({ timeToLive, replies }) => [timeToLive, replies.length])).toEqual([
    [1, 2],
    [2, 0],
    [3, 2],
  ]);
  await tracer.trace('2001:db8::1', signal);
  expect(asked.at(-1)).toContain('traceroute -6 ');
  // The tool was looked for once.
  expect(asked.filter((command) => command.includes('--version'))).toHaveLength(1);
});

type Programs = Record<string, (args: readonly string[]) => string>;
it.each<[NodeJS.Platform, Programs, string | undefined]>([
  ['linux', { traceroute: () => 'BusyBox v1.35.0', mtr: () => '' }, 'traceroute-busybox'],
  ['linux', { traceroute: () => 'traceroute (GNU inetutils) 2.4', mtr: () => 'mtr 0.95' }, 'mtr'],
  ['linux', { tracepath: () => 'tracepath from iputils' }, 'tracepath'],
  ['linux', {}, undefined],
  ['darwin', { traceroute: () => 'Version 1.4a12+Darwin' }, 'traceroute-bsd'],
  ['win32', { tracert: () => 'Syntax: tracert [-d]' }, 'tracert'],
])('%s with %j: %s', async (platform, programs, expected) => {
  expect(await systemWith(programs, platform).tracer.program(signal)).toBe(expected);
});

it('an agent that is bound does not trace from another address', async () => {
  expect(
    await systemWith({ tracepath: () => '' }, 'linux', '192.0.2.7').tracer.program(signal),
  ).toBeUndefined();
});

it('says what is missing, and what a tool said instead of hops', async () => {
  await expect(systemWith({}).tracer.trace('192.0.2.1', signal)).rejects.toMatchObject({
    code: 'trace-tool-missing',
  });
  const refused = systemWith({
    traceroute: (args) => (args[0] === '--version' ? modern(args) : 'not permitted'),
  });
  await expect(refused.tracer.trace('192.0.2.1', signal)).rejects.toMatchObject({
    code: 'trace-failed',
    message: expect.stringContaining('not permitted'),
  });
});

it('asks for each name once, takes only what can be one, and never waits for a server that is silent', async () => {
  const asked: string[] = [];
  let mostAtOnce = 0;
  let atOnce = 0;
  const names = createNameResolver({
    nowMs: () => 0,
    reverse: async (address) => {
      asked.push(address);
      atOnce += 1;
      mostAtOnce = Math.max(mostAtOnce, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 1));
      atOnce -= 1;
      if (address.endsWith('.3')) throw new Error('no name');
      return address.endsWith('.2')
        ? ['<script>', 'AE1.FRA.example.']
        : [`r${address.split('.')[3]}.example`];
    },
  });
  const addresses = Array.from({ length: 20 }, (_, index) => `192.0.2.${index + 1}`);
  const found = await names.resolve([...addresses, '192.0.2.1'], signal);
  expect(found.get('192.0.2.2')).toBe('ae1.fra.example');
  expect(found.has('192.0.2.3')).toBe(false);
  expect(found.size).toBe(19);
  await names.resolve(addresses, signal);
  expect(asked).toHaveLength(20);
  expect(mostAtOnce).toBeLessThanOrEqual(4);
  const silent = createNameResolver({ nowMs: () => 0, reverse: () => new Promise(() => undefined) });
  expect(await silent.resolve(addresses, AbortSignal.abort())).toEqual(new Map());
});

it('finds names where DNS keeps them', () => {
  expect(reverseName('192.0.2.17')).toBe('17.2.0.192.in-addr.arpa');
  // RFC 3596 section 2.5.
  expect(reverseName('4321:0:1:2:3:4:567:89ab')).toBe(
    'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa',
  );
});
