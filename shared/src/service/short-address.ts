import { isIPv4, isIPv6 } from 'node:net';

/**
 * The network an address is in, as far as a log may know a person: /24 of IPv4, /48 of IPv6 (what a site is given,
 * RFC 6177). What is no address becomes `unknown`.
 */
export function shortAddress(address: string | undefined): string {
  const plain = (address ?? '').replace(/%.*$/, '');
  if (isIPv4(plain)) return shortIpv4(plain);
  if (!isIPv6(plain)) return 'unknown';
  const groups = ipv6Groups(plain);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return shortIpv4(`${groups[6]! >> 8}.${groups[6]! & 0xff}.${groups[7]! >> 8}.0`);
  }
  return `${new URL(
    `http://[${groups
      .slice(0, 3)
      .map((group) => group.toString(16))
      .join(':')}::]`,
  ).hostname.slice(1, -1)}/48`;
}

function shortIpv4(address: string): string {
  return `${address.split('.').slice(0, 3).join('.')}.0/24`;
}

function ipv6Groups(address: string): number[] {
  // The URL standard writes an address in its shortest form of hexadecimal groups alone (RFC 5952).
  const hostname = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = hostname.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = new Array<string>(tail === undefined ? 0 : 8 - before.length - after.length).fill('0');
  return [...before, ...gap, ...after].map((group) => Number.parseInt(group, 16));
}
