import { isIPv6 } from 'node:net';
import { NetError, quoteForMessage } from './net-error.js';

export interface Ipv4Address {
  readonly family: 4;
  /** The 32 bits as an unsigned integer. */
  readonly value: number;
}

export interface Ipv6Address {
  readonly family: 6;
  /** The 128 bits as an unsigned integer. */
  readonly value: bigint;
}

export type Address = Ipv4Address | Ipv6Address;

/** Functions that look an address up take it parsed, or as text that they parse. */
export type AddressInput = Address | string;

/** The longest textual form is an IPv6 address with an embedded IPv4 tail (RFC 4291 section 2.2). */
const maximumAddressLength = 45;

const mappedHighBits = 0xffffn;

/**
 * Reads an IPv4 or IPv6 address. An IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2) gives the IPv4
 * address, because dual-stack sockets report IPv4 peers in that form.
 * @throws NetError `address-malformed`; also for zones (`fe80::1%eth0`), leading zeros and short forms (`127.1`).
 */
export function parseAddress(text: string): Address {
  const address = tryParse(text);
  if (!address) {
    throw new NetError(
      'address-malformed',
      `${quoteForMessage(text)} is not an IP address; expected IPv4 like 192.0.2.1 or IPv6 like 2001:db8::1`,
    );
  }
  return address;
}

export function toAddress(input: AddressInput): Address {
  return typeof input === 'string' ? parseAddress(input) : input;
}

/** Dotted IPv4, or IPv6 in the canonical form of RFC 5952; `parseAddress` gives the same address back. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatIpv4(address.value) : formatIpv6(address.value);
}

/** Orders IPv4 before IPv6, then by number: negative, zero or positive. */
export function compareAddresses(left: Address, right: Address): number {
  if (left.family !== right.family) return left.family - right.family;
  if (left.value === right.value) return 0;
  return left.value < right.value ? -1 : 1;
}

function tryParse(text: unknown): Address | undefined {
  if (typeof text !== 'string' || text.length > maximumAddressLength) return undefined;
  const ipv4 = parseIpv4(text);
  if (ipv4 !== undefined) return { family: 4, value: ipv4 };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const value = readValidIpv6(text);
  return value >> 32n === mappedHighBits
    ? { family: 4, value: Number(BigInt.asUintN(32, value)) }
    : { family: 6, value };
}

/** Four decimal octets without leading zeros: octal and short forms are read differently by different systems. */
function parseIpv4(text: string): number | undefined {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character === 46) {
      if (digits === 0 || dots === 3) return undefined;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      dots += 1;
    } else {
      if (character < 48 || character > 57 || (digits > 0 && octet === 0)) return undefined;
      octet = octet * 10 + character - 48;
      digits += 1;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : undefined;
}

function readValidIpv6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const before = readGroups(head);
  const after = tail === undefined ? '' : readGroups(tail);
  return BigInt(`0x${before}${'0'.repeat(32 - before.length - after.length)}${after}`);
}

/** Groups of an IPv6 address as hexadecimal digits, four for a group. */
function readGroups(text: string): string {
  if (text === '') return '';
  return text
    .split(':')
    .map((group) =>
      group.includes('.') ? parseIpv4(group)!.toString(16).padStart(8, '0') : group.padStart(4, '0'),
    )
    .join('');
}

function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

function formatIpv6(value: bigint): string {
  const groups: string[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(((value >> shift) & 0xffffn).toString(16));
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index < groups.length; index += 1) {
    if (groups[index] !== '0') start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
