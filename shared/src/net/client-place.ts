import { formatAddress, parseAddress } from './address.js';

/**
 * What limits of clients count by: an IPv4 address (also one that is mapped to IPv6), or a /64 of IPv6, for whoever has one address of
 * a /64 has all of it. A zone (`%eth0`) is left out; a socket that is gone has no address, and counts with others of its kind.
 * Throws NetError `address-malformed`.
 */
export function clientPlace(address: string | undefined): string {
  const parsed = parseAddress((address ?? '::').split('%')[0]!);
  return parsed.family === 4 ? String(parsed.value) : `${(parsed.value >> 64n).toString(16)}/64`;
}

/**
 * What tells independent witnesses apart: an IPv4 address, or a /48 of IPv6, which is what one site is given at most (RFC 6177) and
 * has 65,536 networks to be in. Throws NetError `address-malformed`.
 */
export function clientSite(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.family === 4) return formatAddress(parsed);
  return `${formatAddress({ family: 6, value: (parsed.value >> 80n) << 80n })}/48`;
}
