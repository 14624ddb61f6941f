import { type Address, type AddressInput, toAddress } from './address.js';
import type { AsGraph } from './as-graph.js';
import type { RibView } from './bgp/rib.js';
import { formatPrefix, prefixAround } from './prefix.js';

/** Two that know an address by prefixes of one length, and say different ASes. The one that counts is named first. */
export interface OriginDispute {
  readonly prefix: string;
  readonly used: 'operator' | 'bgp';
  readonly asn: number;
  readonly other: 'bgp';
  readonly otherAsn: number;
}

export interface PrefixLocation {
  /** Null in the LAN of an exchange point: its addresses are in no AS. */
  readonly asn: number | null;
  /** Who knew: `operator`, `bgp` or `exchange ix1`. */
  readonly by: string;
  readonly disputes: readonly OriginDispute[];
}

const noDisputes: readonly OriginDispute[] = [];

/**
 * The AS of an address by the operator's prefixes and by routes: as routers do it, the longest prefix of both counts, and of
 * equal ones the operator's. So a part of a network that another AS announces is that one's. A route whose origin is not known
 * (AS_SET) names nobody, and what the operator says of a wider prefix stays. Undefined where neither knows.
 * @throws NetError `address-malformed`.
 */
export function locateByPrefix(
  input: AddressInput,
  graph: Pick<AsGraph, 'exchangeOf' | 'prefixAround'>,
  view: Pick<RibView, 'originsOf'>,
): PrefixLocation | undefined {
  const address = toAddress(input);
  const exchange = graph.exchangeOf(address);
  if (exchange !== undefined) return { asn: null, by: `exchange ${exchange.id}`, disputes: noDisputes };
  const operator = graph.prefixAround(address);
  const bgp = view.originsOf(address);
  const [origin, ...others] = bgp?.asns ?? [];
  if (operator !== undefined && (origin === undefined || operator.length >= bgp!.prefixLength)) {
    const rivals = operator.length === bgp?.prefixLength ? bgp.asns : [];
    const prefix = { address, length: operator.length };
    return {
      asn: operator.asn,
      by: 'operator',
      disputes: disputesOf(prefix, 'operator', operator.asn, rivals),
    };
  }
  if (origin === undefined) return undefined;
  const prefix = { address, length: bgp!.prefixLength };
  return { asn: origin, by: 'bgp', disputes: disputesOf(prefix, 'bgp', origin, others) };
}

function disputesOf(
  { address, length }: { address: Address; length: number },
  used: OriginDispute['used'],
  asn: number,
  rivals: readonly number[],
): readonly OriginDispute[] {
  const different = rivals.filter((rival) => rival !== asn);
  if (different.length === 0) return noDisputes;
  const prefix = formatPrefix(prefixAround(address, length));
  return different.map((otherAsn) => ({ prefix, used, asn, other: 'bgp', otherAsn }));
}
