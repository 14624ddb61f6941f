import { formatAddress, parseAddress } from '@fairhop/shared/net';

/** A socket's address in its one spelling: IPv4-mapped IPv6 as IPv4, without a zone. */
export const plainAddress = (address: string | undefined): string =>
  formatAddress(parseAddress((address ?? '::').replace(/%.*$/, '')));
