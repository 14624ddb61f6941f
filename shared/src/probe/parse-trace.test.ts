import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathEvidenceRecordSchema } from '../model/index.js';
import { parseTrace } from './parse-trace.js';
import type { TraceHop } from './trace-hops.js';

type Tool = Parameters<typeof parseTrace>[0];

const directory = new URL('./fixtures/', import.meta.url);
/** Outputs of real tools by name; the first line of each file tells where it is from. */
const fixtures = new Map(
  readdirSync(directory)
    .filter((name) => /^(traceroute|tracepath|mtr|tracert)-/.test(name))
    .map((name) => [
      name.replace('.txt', ''),
      readFileSync(new URL(name, directory), 'utf8').replace(/^# .*\n/, ''),
    ]),
);
const toolOf = (name: string): Tool => name.split('-')[0] as Tool;
const parsed = (name: string): readonly TraceHop[] => parseTrace(toolOf(name), fixtures.get(name)!);

/** `TTL address` of each hop, every address once; `-` where it was silent. */
const shapeOf = (hops: readonly TraceHop[]): string[] =>
  hops.map(
    ({ timeToLive, replies }) =>
      `${timeToLive} ${[...new Set(replies.map(({ address }) => address))].join(' ') || '-'}`,
  );

const toTheEnd = ['1 198.19.0.2', '2 198.19.1.2', '3 -', '4 198.19.3.2', '5 198.19.4.2'];
const refusedAtFour = toTheEnd.slice(0, 4);

it.each([
  'traceroute-linux-udp-numeric',
  'traceroute-linux-icmp-names',
  'traceroute-busybox-numeric',
  'traceroute-busybox-names',
  'traceroute-gnu',
  'tracepath-numeric',
  'tracepath-names',
  'mtr-json-numeric',
  'mtr-json-udp',
  'mtr-json-names',
  'mtr-report-numeric',
  'mtr-report-names',
])('%s: the five hops, one of them silent', (name) => {
  expect(shapeOf(parsed(name))).toEqual(toTheEnd);
});

it.each([
  'traceroute-linux-host-unreachable',
  'traceroute-linux-prohibited',
  'traceroute-busybox-unreachable',
  'tracepath-prohibited',
])('%s: the router that refuses is the last hop', (name) => {
  expect(shapeOf(parsed(name))).toEqual(refusedAtFour);
});

it('a router that refuses is no second hop', () => {
  expect(shapeOf(parsed('traceroute-linux-network-unreachable'))).toEqual([...refusedAtFour, '5 -']);
});

it('keeps silent hops at the end of an output', () => {
  expect(shapeOf(parsed('traceroute-linux-silent-tail')).slice(3)).toEqual([
    '4 198.19.3.2',
    '5 -',
    '6 -',
    '7 -',
    '8 -',
  ]);
});

it('reads IPv6', () => {
  expect(shapeOf(parsed('traceroute-linux-ipv6'))).toEqual([
    '1 2001:db8::2',
    '2 2001:db8:1::2',
    '3 -',
    '4 2001:db8:3::2',
    '5 2001:db8:4::2',
  ]);
  expect(shapeOf(parsed('tracert-japanese-ipv6'))).toEqual([
    '1 2400:2411:3b00:2800:1111:1111:1111:1111',
    '2 2400:2411:3b00:2800:2eff:65ff:fed8:e601',
    '3 2400:2411:3b00:2900::fffe',
    '4 -',
    '5 -',
    '6 2400:2000:bb1a:181a::1',
    '7 2400:2000:2:0:1a::39',
    '8 2001:de8:c::1:3335:1',
    '9 2400:cb00:408:3::',
    '10 2606:4700:4700::1111',
  ]);
});

it('reads names and times of each tool', () => {
  const name = 'xe-0-0-1.cr2.nyc.sp1.example';
  const address = '198.19.1.2';
  expect(parsed('traceroute-linux-icmp-names')[1]!.replies).toEqual([
    { address, name, roundTripMicros: 12 },
    { address, name, roundTripMicros: 7 },
  ]);
  expect(parsed('traceroute-busybox-names')[1]!.replies).toHaveLength(3);
  expect(parsed('tracepath-names')[1]!.replies).toEqual([{ address, name, roundTripMicros: 13 }]);
  expect(parsed('mtr-json-names')[1]!.replies).toEqual([{ address, name, roundTripMicros: 75 }]);
  expect(parsed('mtr-report-names')[1]!.replies).toEqual([{ address, name, roundTripMicros: 100 }]);
});

it('reads several ways in one trace of macOS, over several lines', () => {
  const hops = parsed('traceroute-macos-several-paths');
  expect(shapeOf(hops)[3]).toBe('4 81.46.66.150 81.46.66.158');
  expect(hops[6]!.replies).toEqual([
    {
      address: '213.140.50.43',
      name: 'google-be4-grcmadno1.net.telefonicaglobalsolutions.com',
      roundTripMicros: 6385,
    },
    { address: '72.14.211.154', roundTripMicros: 5863 },
    {
      address: '213.140.50.43',
      name: 'google-be4-grcmadno1.net.telefonicaglobalsolutions.com',
      roundTripMicros: 5482,
    },
  ]);
  expect(shapeOf(parsed('traceroute-macos-numeric')).slice(6)).toEqual([
    '7 188.234.152.203',
    '8 188.234.131.53 72.14.214.138',
    '9 74.125.244.133 142.251.38.78 74.125.244.180',
  ]);
  expect(shapeOf(parsed('traceroute-macos-names')).slice(7)).toEqual([
    '8 193.251.251.20',
    '9 80.231.246.6',
    '10 -',
    '11 195.219.174.8',
  ]);
});

it('reads tracert in every language by its numbers', () => {
  const german = parsed('tracert-german');
  expect(shapeOf(german).slice(4)).toEqual([
    '5 62.67.18.93',
    '6 -',
    '7 217.163.113.74',
    '8 113.197.15.11',
    '9 -',
  ]);
  expect(german[7]!.replies).toEqual(
    [505_000, 504_000].map((roundTripMicros) => ({
      address: '113.197.15.11',
      name: 'et-0-3-0.pe1.actn.act.aarnet.net.au',
      roundTripMicros,
    })),
  );
  const french = parsed('tracert-french');
  expect(french).toHaveLength(12);
  expect(shapeOf(french).slice(0, 3)).toEqual(['1 192.168.137.1', '2 -', '3 10.33.19.254']);
  expect(parsed('tracert-japanese-fast').map(({ replies }) => replies.length)).toEqual([3, 3, 3, 3]);
  expect(parsed('tracert-japanese-fast')[0]!.replies[0]!.roundTripMicros).toBe(1000);
  // The own host says that it has no way: nobody forwarded anything.
  expect(shapeOf(parsed('tracert-english-unreachable'))).toEqual(['1 -']);
});

it('gives no hop the replies of a line that is out of order', () => {
  const text = ' 3  192.0.2.3  1 ms\n 2  192.0.2.2  1 ms\n    192.0.2.22  1 ms\n 99  192.0.2.99  1 ms\n';
  expect(shapeOf(parseTrace('traceroute', text))).toEqual(['3 192.0.2.3']);
});

it('whatever comes, gives hops that a record takes, in order', () => {
  const tools: Tool[] = ['traceroute', 'tracepath', 'mtr', 'tracert'];
  const pieces = [...fixtures.values()].flatMap((text) => text.split(/(?<=\s)/));
  const scrambled = fc
    .array(fc.oneof(fc.constantFrom(...pieces), fc.string(), fc.integer().map(String)), { maxLength: 400 })
    .map((words) => words.join(''));
  const damaged = fc
    .tuple(fc.constantFrom(...fixtures.values()), fc.nat(), fc.string({ maxLength: 20 }))
    .map(
      ([text, at, junk]) => `${text.slice(0, at % text.length)}${junk}${text.slice((at % text.length) + 3)}`,
    );
  const hopsSchema = pathEvidenceRecordSchema.shape.hops;
  fc.assert(
    fc.property(fc.oneof(fc.string(), scrambled, damaged), fc.constantFrom(...tools), (text, tool) => {
      const hops = parseTrace(tool, text);
      expect(hopsSchema.safeParse(hops).error).toBeUndefined();
      const timesToLive = hops.map(({ timeToLive }) => timeToLive);
      expect(timesToLive).toEqual([...new Set(timesToLive)].sort((left, right) => left - right));
    }),
    { numRuns: 2000 },
  );
});
