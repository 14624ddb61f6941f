import { describe, expect, it } from 'vitest';
import { formatPrefix, inPrefix, parsePrefix } from './prefix.js';

describe('parsePrefix', () => {
  it.each([
    ['127.1.0.0/16', '127.1.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/32', '255.255.255.255/32'],
    ['128.0.0.0/1', '128.0.0.0/1'],
    ['2001:DB8:0::/32', '2001:db8::/32'],
    ['::/0', '::/0'],
    ['::1/128', '::1/128'],
    ['::ffff:127.1.0.0/112', '127.1.0.0/16'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
  ])('reads %s', (text, canonical) => {
    expect(formatPrefix(parsePrefix(text))).toBe(canonical);
  });

  it.each([
    ['127.1.0.1/16', /did you mean 127\.1\.0\.0\/16/],
    ['192.0.2.0/8', /did you mean 192\.0\.0\.0\/8/],
    ['2001:db8::1/32', /did you mean 2001:db8::\/32/],
    ['::ffff:0:0/95', /host bits set/],
  ])('refuses host bits in %s', (text, message) => {
    expect(() => parsePrefix(text)).toThrow(expect.objectContaining({ code: 'prefix-host-bits-set' }));
    expect(() => parsePrefix(text)).toThrow(message);
  });

  it.each([
    '',
    '127.1.0.0',
    '127.1.0.0/',
    '127.1.0.0/33',
    '127.1.0.0/-1',
    '127.1.0.0/016',
    '127.1.0.0/16 ',
    '127.1.0.0/1.5',
    '127.1/16',
    '/16',
    '::/129',
    '::ffff:0:0/129',
    'nonsense::/16',
  ])('refuses %j', (text) => {
    expect(() => parsePrefix(text)).toThrow(expect.objectContaining({ code: 'prefix-malformed' }));
  });
});

describe('inPrefix', () => {
  it.each([
    ['127.1.0.0', '127.1.0.0/16', true],
    ['127.1.255.255', '127.1.0.0/16', true],
    ['::ffff:127.1.2.3', '127.1.0.0/16', true],
    ['127.2.0.0', '127.1.0.0/16', false],
    ['127.0.255.255', '127.1.0.0/16', false],
    ['255.255.255.255', '0.0.0.0/0', true],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8::/32', true],
    ['2001:db9::', '2001:db8::/32', false],
    ['1.2.3.4', '::/0', false],
    ['::1', '0.0.0.0/0', false],
  ])('%s in %s: %s', (address, prefix, expected) => {
    expect(inPrefix(address, parsePrefix(prefix))).toBe(expected);
  });
});
