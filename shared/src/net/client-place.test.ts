import { expect, it } from 'vitest';
import { clientPlace, clientSite } from './client-place.js';

it('is one for an IPv4 address however it is written, and for a /64 of IPv6', () => {
  expect(clientPlace('::ffff:192.0.2.1')).toBe(clientPlace('192.0.2.1'));
  expect(clientPlace('192.0.2.2')).not.toBe(clientPlace('192.0.2.1'));
  expect(clientPlace('2001:db8:1:2:ffff::1')).toBe(clientPlace('2001:db8:1:2::'));
  expect(clientPlace('2001:db8:1:3::')).not.toBe(clientPlace('2001:db8:1:2::'));
  expect(clientPlace('fe80::1%eth0')).toBe(clientPlace('fe80::2'));
});

it('is one site for an IPv4 address however it is written, and for a /48 of IPv6', () => {
  expect(clientSite('::ffff:192.0.2.1')).toBe(clientSite('192.0.2.1'));
  expect(clientSite('192.0.2.2')).not.toBe(clientSite('192.0.2.1'));
  expect(clientSite('2001:db8:1:ffff::1')).toBe('2001:db8:1::/48');
  expect(clientSite('2001:db8:2::1')).not.toBe(clientSite('2001:db8:1::1'));
});
