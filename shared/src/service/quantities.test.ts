import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBitRate, formatBytes, parseBitRate, parseByteSize, parseDuration } from './quantities.js';

describe('quantities', () => {
  it.each([
    [parseByteSize, '64MiB', 67_108_864],
    [parseByteSize, '1.5 GB', 1_500_000_000],
    [parseByteSize, '1.1kB', 1100],
    [parseByteSize, ' 1000 ', 1000],
    [parseByteSize, '0B', 0],
    [parseBitRate, '40Mbit/s', 40_000_000],
    [parseBitRate, '9600', 9600],
    [parseDuration, '30s', 30_000],
    [parseDuration, '250ms', 250],
    [parseDuration, '1.5h', 5_400_000],
  ])('%o of %j is %i', (parse, text, value) => {
    expect(parse(text)).toBe(value);
  });

  it.each([
    [parseByteSize, '', /size.*64MiB/],
    [parseByteSize, '-1', /"-1" is no size/],
    [parseByteSize, '1e3', /KiB/],
    [parseByteSize, '64mib', /MiB/],
    [parseByteSize, '1constructor', /is no size/],
    [parseByteSize, '0.5B', /not whole/],
    [parseByteSize, '9007199254740992', /too large/],
    [parseBitRate, '40MB', /Mbit\/s/],
    [parseDuration, '30', /duration.*30s/],
  ])('%o refuses %j and says what would be right', (parse, text, message) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'invalid-quantity',
        status: 400,
        message: expect.stringMatching(message),
      }),
    );
  });

  it('reads back what it writes, as near as it writes it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (sizeBytes) => {
        const [number, unit] = formatBytes(sizeBytes).split(' ');
        const scale = parseByteSize(`1${unit}`);
        expect(Math.abs(Number(number) * scale - sizeBytes)).toBeLessThanOrEqual(scale * 0.0501);
        expect(Number(number)).toBeLessThan(1024);
      }),
    );
  });

  it('gives back exactly what was stated in round numbers', () => {
    const unit = fc.constantFrom('kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), unit, (count, name) => {
        const sizeBytes = parseByteSize(`${count}${name}`);
        expect(parseByteSize(formatBytes(sizeBytes))).toBe(sizeBytes);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.constantFrom('kB', 'MB', 'GB', 'TB'), (count, name) => {
        expect(formatBytes(parseByteSize(`${count}${name}`))).toBe(`${count} ${name}`);
      }),
    );
  });

  it.each([
    [formatBytes(60_000_000), '60 MB'],
    [formatBytes(20e9), '20 GB'],
    [formatBytes(1_500_000_000), '1.5 GB'],
    [formatBytes(1.25 * 2 ** 30), '1.25 GiB'],
    [formatBytes(500 * 1024), '500 KiB'],
    [formatBytes(1_234_567), '1.2 MiB'],
    [formatBytes(0), '0 B'],
    [formatBytes(1023), '1023 B'],
    [formatBytes(1536), '1.5 KiB'],
    [formatBytes(2 ** 20 - 1), '1 MiB'],
    [formatBytes(67_108_864), '64 MiB'],
    [formatBitRate(40_000_000), '40 Mbit/s'],
  ])('are written as %s', (text, expected) => {
    expect(text).toBe(expected);
  });
});
