import { formatAddress, parseAddress } from './address.js';

/**
 * The one spelling of an address, so that a host that is seen over IPv4 and as IPv4-mapped IPv6 is one.
 * @throws NetError `address-malformed`
 */
export const canonicalAddress = (text: string): string => formatAddress(parseAddress(text));

/**
 * The first address of the /24 or /48 of an address: what BGP commonly carries, so that hosts of one share a way.
 * @throws NetError `address-malformed`
 */
export function routedNetwork(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.family === 4) return formatAddress({ family: 4, value: parsed.value - (parsed.value % 256) });
  return formatAddress({ family: 6, value: (parsed.value >> 80n) << 80n });
}
