import { type Address, type AddressInput, toAddress } from './address.js';
import { inPrefix, parsePrefix } from './prefix.js';
import { createPrefixTable } from './prefix-table.js';

/** What the IANA special-purpose registries (RFC 6890) and multicast keep out of global routing: no AS announces it. */
const specialPrefixes = createPrefixTable(
  [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.168.0.0/16',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/3',
    '::/127',
    '64:ff9b:1::/48',
    '100::/64',
    '2001:db8::/32',
    'fc00::/7',
    'fe80::/10',
    'ff00::/8',
  ].map((prefix) => ({ prefix, value: true })),
);

export function isSpecialAddress(address: Address): boolean {
  return specialPrefixes.lookup(address) === true;
}

/** IPv6 that is given out for global unicast, and in it what stands for other addresses: Teredo and its like, 6to4 (RFC 3056). */
const globalUnicast = parsePrefix('2000::/3');
const embedding = [parsePrefix('2001::/23'), parsePrefix('2002::/16')];

/**
 * Whether an address is one of the public Internet, and leads to no other one: neither into a private network nor to this
 * machine, and by no translation (NAT64, 6to4, Teredo) either.
 * @throws NetError `address-malformed`.
 */
export function isPublicAddress(input: AddressInput): boolean {
  const address = toAddress(input);
  if (isSpecialAddress(address)) return false;
  if (address.family === 4) return true;
  return inPrefix(address, globalUnicast) && !embedding.some((prefix) => inPrefix(address, prefix));
}
