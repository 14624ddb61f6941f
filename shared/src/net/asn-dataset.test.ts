import { describe, expect, it } from 'vitest';
import { parseIpv4Dataset, parseIpv6Dataset } from './asn-dataset.js';

const lines = 20_000;
const file = Buffer.from(Array.from({ length: lines }, (_, index) => `${index},${index},1,A\n`).join(''));

describe('reading a dataset', () => {
  it.each([
    ['IPv4', parseIpv4Dataset],
    ['IPv6', parseIpv6Dataset],
  ])('of %s lets the process do other work meanwhile', async (_family, parse) => {
    let turns = 0;
    let isDone = false;
    const work = (): void => {
      turns += 1;
      if (!isDone) setImmediate(work);
    };
    setImmediate(work);
    const { ranges } = await parse(file, 'file.csv');
    isDone = true;
    expect(ranges.values).toHaveLength(lines);
    expect(turns).toBeGreaterThanOrEqual(4);
  });
});
