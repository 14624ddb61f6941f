import { expect, it } from 'vitest';
import { isPublicAddress } from './special-addresses.js';

it.each([
  ['1.1.1.1', true],
  ['2606:4700::1111', true],
  ['::ffff:1.1.1.1', true],
  ['127.0.0.1', false],
  ['::ffff:127.0.0.1', false],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['::', false],
  ['::1', false],
  ['::127.0.0.1', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['64:ff9b::7f00:1', false],
  ['2002:7f00:1::1', false],
  ['2001:0:7f00:1::1', false],
])('%s is public: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});
