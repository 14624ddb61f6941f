import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAddresses, formatAddress, parseAddress } from './address.js';

const ipv4Value = fc.integer({ min: 0, max: 0xffff_ffff });
const ipv6Value = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).filter((value) => value >> 32n !== 0xffffn);

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', 0],
    ['127.1.0.9', 0x7f010009],
    ['255.255.255.255', 0xffffffff],
    ['::ffff:127.1.0.9', 0x7f010009],
    ['::ffff:7f01:9', 0x7f010009],
    ['0:0:0:0:0:FFFF:127.1.0.9', 0x7f010009],
  ])('reads %s as IPv4', (text, value) => {
    expect(parseAddress(text)).toEqual({ family: 4, value });
  });

  it.each([
    ['::', 0n],
    ['::1', 1n],
    ['2001:db8::', 0x20010db8n << 96n],
    ['2001:DB8:0:0:0:0:0:a', (0x20010db8n << 96n) | 10n],
    ['64:ff9b::192.0.2.1', (0x64ff9bn << 96n) | 0xc0000201n],
    ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', (1n << 128n) - 1n],
  ])('reads %s as IPv6', (text, value) => {
    expect(parseAddress(text)).toEqual({ family: 6, value });
  });

  it.each([
    '',
    ' ',
    '127.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.00',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    '-1.2.3.4',
    '1.2.3.4/8',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    '::g',
    '::1.2.3.256',
    'fe80::1%eth0',
    '[::1]',
    'example.org',
    `${'0'.repeat(1000)}1.2.3.4`,
  ])('refuses %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'address-malformed' }));
  });

  it('refuses what is not a text', () => {
    expect(() => parseAddress(undefined as unknown as string)).toThrow(
      expect.objectContaining({ code: 'address-malformed' }),
    );
  });

  it('names the value', () => {
    expect(() => parseAddress('10.0.0.999')).toThrow(/"10\.0\.0\.999" is not an IP address/);
  });
});

describe('formatAddress', () => {
  it.each([
    '0.0.0.0',
    '203.0.113.255',
    '::',
    '::1',
    '2001:db8::1',
    '2001:db8:0:1::',
    '1:0:0:2::3',
    '1:2:3:4:5:6:0:8',
    'fe80::',
  ])('gives %s back in canonical form', (text) => {
    expect(formatAddress(parseAddress(text))).toBe(text);
  });

  it('is read back as the same address', () => {
    fc.assert(
      fc.property(ipv4Value, (value) => {
        expect(parseAddress(formatAddress({ family: 4, value }))).toEqual({ family: 4, value });
      }),
    );
    fc.assert(
      fc.property(ipv6Value, fc.integer({ min: 0, max: 127 }), (value, shift) => {
        const address = { family: 6, value: (value >> BigInt(shift)) << BigInt(shift) } as const;
        fc.pre(address.value >> 32n !== 0xffffn);
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });
});

describe('compareAddresses', () => {
  it('orders by family, then by number', () => {
    const texts = ['::2', '10.0.0.1', '::1', '200.0.0.1', '9.255.255.255', '::1'];
    const sorted = texts.map(parseAddress).sort(compareAddresses).map(formatAddress);
    expect(sorted).toEqual(['9.255.255.255', '10.0.0.1', '200.0.0.1', '::1', '::1', '::2']);
  });
});
