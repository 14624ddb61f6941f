import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { MrtError } from '../mrt/mrt-error.js';
import { asPath, attribute, peers, rib } from '../mrt/test-support.js';
import { parseRibs } from './read-rib.js';

const inputs = 100_000;

/** mulberry32: the same inputs each time. */
function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b_79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % bound;
  };
}

const interesting = [0, 1, 2, 4, 127, 128, 254, 255];

function mutate(seed: Buffer, random: (bound: number) => number): Buffer {
  let bytes = Buffer.from(seed);
  for (let change = 1 + random(4); change > 0; change -= 1) {
    const at = random(bytes.length || 1);
    switch (random(6)) {
      case 0:
        bytes[at] = random(256);
        break;
      case 1:
        bytes[at]! ^= 1 << random(8);
        break;
      case 2:
        bytes[at] = interesting[random(interesting.length)]!;
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(bytes.length || 1))]);
    }
  }
  return bytes;
}

describe('mutated dumps', () => {
  it('give a RIB or a typed error, never anything else', async () => {
    const compressed = await readFile(new URL('../mrt/fixtures/as64502.mrt.gz', import.meta.url));
    const twice = await readFile(new URL('../mrt/fixtures/as64501-twice.mrt', import.meta.url));
    const handMade = [
      ...peers([64_501, 64_502], 'main'),
      ...rib('198.18.0.0/15', [{ peer: 0, attributes: asPath(64_501, [1, 2]) }]),
      ...rib('198.18.0.0/15', [
        { peer: 1, pathId: 7, attributes: [...asPath(64_502, 3, 3), ...attribute(1, [0])] },
      ]),
      ...rib('2001:db8::/32', [{ peer: 1, attributes: attribute(14, [16, ...Buffer.alloc(16, 1)]) }]),
    ];
    const seeds = [gunzipSync(compressed).subarray(0, 500), twice.subarray(0, 700), Buffer.from(handMade)];
    const random = createRandom(20_261_120);
    const outcomes = new Map<string, number>();
    for (let index = 0; index < inputs; index += 1) {
      const bytes = mutate(seeds[index % seeds.length]!, random);
      let outcome: string;
      try {
        const tables = parseRibs(bytes, { asn: 64_501 });
        for (const table of tables) {
          table.route(64_501, '198.18.0.1');
          table.route(64_502, '2001:db8::1');
          for (const [low, high] of table.links)
            if (low === 0 || low >= high) throw new Error(`link ${low} ${high}`);
        }
        outcome = 'rib';
      } catch (error) {
        if (!(error instanceof MrtError)) throw error;
        outcome = error.code;
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    expect(Array.from(outcomes.keys()).sort()).toEqual([
      'mrt-malformed',
      'mrt-too-large',
      'mrt-truncated',
      'rib',
    ]);
    for (const count of outcomes.values()) expect(count).toBeGreaterThan(500);
  }, 60_000);
});
