import {
  type Address,
  type AddressInput,
  formatAddress,
  type Ipv4Address,
  parseAddress,
  toAddress,
} from './address.js';
import { NetError, quoteForMessage } from './net-error.js';

export interface Ipv4Prefix {
  readonly family: 4;
  /** The lowest and the highest address of the prefix, as unsigned 32-bit integers. */
  readonly first: number;
  readonly last: number;
  /** Number of fixed bits, 0 to 32. */
  readonly length: number;
}

export interface Ipv6Prefix {
  readonly family: 6;
  /** The lowest and the highest address of the prefix, as unsigned 128-bit integers. */
  readonly first: bigint;
  readonly last: bigint;
  /** Number of fixed bits, 0 to 128. */
  readonly length: number;
}

export type Prefix = Ipv4Prefix | Ipv6Prefix;

/**
 * Reads `192.0.2.0/24` or `2001:db8::/32`; an IPv4-mapped prefix (`::ffff:192.0.2.0/120`) gives the IPv4 one.
 * @throws NetError `prefix-malformed`, or `prefix-host-bits-set` with the prefix that was probably meant.
 */
export function parsePrefix(text: string): Prefix {
  const match = typeof text === 'string' ? /^([0-9a-fA-F:.]{2,45})\/(0|[1-9][0-9]{0,2})$/.exec(text) : null;
  if (!match) throw malformed(text);
  const addressText = match[1]!;
  const address = parseAddressOfPrefix(addressText, text);
  const length = Number(match[2]);
  if (address.family === 4) {
    // The fixed part of a mapped prefix covers the 96 bits ::ffff:0:0.
    const ipv4Length = addressText.includes(':') ? length - 96 : length;
    if (ipv4Length > 32) throw malformed(text);
    if (ipv4Length < 0) {
      throw new NetError('prefix-host-bits-set', `prefix ${quoteForMessage(text)} has host bits set`);
    }
    return refuseHostBits(address, ipv4Prefix(address, ipv4Length), text);
  }
  if (length > 128) throw malformed(text);
  return refuseHostBits(address, prefixAround(address, length), text);
}

/** The canonical text of the prefix, so that equal prefixes have equal texts. */
export function formatPrefix(prefix: Prefix): string {
  const first =
    prefix.family === 4
      ? formatAddress({ family: 4, value: prefix.first })
      : formatAddress({ family: 6, value: prefix.first });
  return `${first}/${prefix.length}`;
}

/** IPv4 addresses lie in IPv4 prefixes only; `::/0` does not hold them. */
export function inPrefix(address: AddressInput, prefix: Prefix): boolean {
  const { family, value } = toAddress(address);
  return family === prefix.family && prefix.first <= value && value <= prefix.last;
}

/** The prefix of so many bits that holds the address. */
export function prefixAround(address: Address, length: number): Prefix {
  if (address.family === 4) return ipv4Prefix(address, length);
  const hostMask = (1n << BigInt(128 - length)) - 1n;
  const first = address.value & ~hostMask;
  return { family: 6, first, last: first | hostMask, length };
}

function ipv4Prefix(address: Ipv4Address, length: number): Ipv4Prefix {
  const sizeAddresses = 2 ** (32 - length);
  const first = address.value - (address.value % sizeAddresses);
  return { family: 4, first, last: first + sizeAddresses - 1, length };
}

function refuseHostBits(address: { value: number | bigint }, prefix: Prefix, text: string): Prefix {
  if (address.value === prefix.first) return prefix;
  throw new NetError(
    'prefix-host-bits-set',
    `prefix ${quoteForMessage(text)} has host bits set; did you mean ${formatPrefix(prefix)}?`,
  );
}

function parseAddressOfPrefix(addressText: string, text: string) {
  try {
    return parseAddress(addressText);
  } catch (cause) {
    throw malformed(text, cause);
  }
}

function malformed(text: unknown, cause?: unknown): NetError {
  return new NetError(
    'prefix-malformed',
    `${quoteForMessage(text)} is not a prefix; expected one like 192.0.2.0/24 or 2001:db8::/32`,
    { cause },
  );
}
