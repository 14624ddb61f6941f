import type { Asn } from '@fairhop/shared/model';

/** Addresses that a declaration names, and the AS from which BGP had each. */
export type BgpOrigins = ReadonlyMap<string, Asn>;

interface RememberedOrigins {
  originOf(address: string): Asn | undefined;
  /** What of the answers the AS graph does not say too. */
  readonly used: BgpOrigins;
}

/**
 * What BGP says of addresses, and where it says nothing now, what it said before: that no route is known, since dumps are still to
 * be read or a session is down, makes nobody else's what was an ISP's.
 */
export function rememberOrigins(
  before: BgpOrigins,
  { originOf, asOf }: Record<'originOf' | 'asOf', (address: string) => Asn | undefined>,
): RememberedOrigins {
  const used = new Map<string, Asn>();
  return {
    used,
    originOf(address) {
      const origin = originOf(address) ?? before.get(address);
      if (origin !== undefined && origin !== asOf(address)) used.set(address, origin);
      return origin;
    },
  };
}
