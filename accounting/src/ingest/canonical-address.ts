import { formatAddress, NetError, parseAddress } from '@fairhop/shared/net';
import { rejection } from './rejection.js';

/** The one spelling of an address, so that a host that is seen over IPv4 and as IPv4-mapped IPv6 is one. Throws `address-invalid`. */
export function canonicalAddress(text: string): string {
  try {
    return formatAddress(parseAddress(text));
  } catch (error) {
    if (error instanceof NetError) throw rejection('address-invalid', error.message, error);
    throw error;
  }
}
