import { type Finding, finding, type Span } from './finding.js';
import type { Thresholds } from './thresholds.js';

const SCORE = 60;

/**
 * Many identities on one address are what carrier-grade NAT looks like (RFC 6888), and no sign of anything. But when all identities of
 * one address meet the same counterparts, which are behind one other address and meet nobody else, they are one who plays
 * both sides (Sybil identities, Douceur 2002): the lot gives honest ones different counterparts. Behind one and the same address
 * it is a household, where nobody meets itself. `spans` are all rows of one time in which one of the identities of `address` took part.
 */
export function checkSharedAddress(
  address: string,
  spans: readonly Span[],
  { sharedAddressIdentities: least }: Pick<Thresholds, 'sharedAddressIdentities'>,
): ReadonlyMap<string, Finding> {
  const none = new Map<string, Finding>();
  const identities = new Map<string, Set<string>>();
  const others = new Set<string>();
  const otherAddresses = new Set<string>();
  for (const span of spans) {
    const ends = [
      { agent: span.uploader, own: span.uploaderAddress, other: span.downloader, at: span.downloaderAddress },
      { agent: span.downloader, own: span.downloaderAddress, other: span.uploader, at: span.uploaderAddress },
    ];
    for (const { agent, own, other, at } of ends) {
      if (own !== address) continue;
      const met = identities.get(agent) ?? new Set<string>();
      identities.set(agent, met.add(other));
      others.add(other);
      otherAddresses.add(at);
    }
  }
  if (identities.size < least || others.size < least) return none;
  if (otherAddresses.size !== 1) return none;
  if ([...identities.values()].some((met) => met.size !== others.size)) return none;
  const [opposite] = otherAddresses;
  const message = `${identities.size} identities at ${address} meet the same ${others.size} at ${opposite}, and nobody else`;
  const evidence = [...identities.keys(), ...others].map((key) => `agent ${key}`);
  return new Map(
    [...identities.keys()].map((key) => [
      key,
      finding('identical-pairings', address, SCORE, message, evidence),
    ]),
  );
}
