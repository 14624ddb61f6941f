import { promises as dns } from 'node:dns';
import { createBoundedCache } from '../model/index.js';
import { formatAddress, parseAddress } from '../net/index.js';
import { namePattern } from './trace-hops.js';

/** Asked at a time, so that a trace is no burst of queries. */
const MAX_QUERIES = 4;
const QUERY_TIMEOUT_MS = 2000;
/** All names of one trace; what is not known by then stays without. */
const TOTAL_TIMEOUT_MS = 10_000;
/** Addresses of routers that are remembered: those of a few hundred ways. */
const MAX_NAMES = 4096;
/** Names of routers change with the network's rebuilding. */
const NAME_MAX_AGE_MS = 24 * 3_600_000;
/** An address without a name, or whose server did not answer, is asked for again after this long. */
const MISSING_MAX_AGE_MS = 600_000;

export interface NameResolverDependencies {
  readonly nowMs: () => number;
  /** PTR names of an address; rejects where there are none. */
  readonly reverse?: (address: string) => Promise<string[]>;
}

/** The names that addresses have in DNS, as far as they are known in time. */
export interface NameResolver {
  /** Never rejects. */
  resolve(addresses: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

export function createNameResolver({
  nowMs,
  reverse = systemReverse(),
}: NameResolverDependencies): NameResolver {
  const cache = createBoundedCache<string, { name: string | undefined; atMs: number }>(MAX_NAMES);

  const known = (address: string) => {
    const entry = cache.get(address);
    if (entry === undefined) return undefined;
    const ageMs = nowMs() - entry.atMs;
    return ageMs < (entry.name === undefined ? MISSING_MAX_AGE_MS : NAME_MAX_AGE_MS) ? entry : undefined;
  };
  const ask = async (address: string): Promise<void> => {
    const names = await reverse(address).catch(() => []);
    const name = names
      .map((given) => given.replace(/\.$/, '').toLowerCase())
      .find((given) => namePattern.test(given));
    cache.set(address, { name, atMs: nowMs() });
  };

  return {
    async resolve(addresses, signal) {
      const wanted = [...new Set(addresses)];
      const queue = wanted.filter((address) => known(address) === undefined);
      const stop = AbortSignal.any([signal, AbortSignal.timeout(TOTAL_TIMEOUT_MS)]);
      const work = async (): Promise<void> => {
        for (let next = queue.shift(); next !== undefined && !stop.aborted; next = queue.shift())
          await ask(next);
      };
      const done = Promise.all(Array.from({ length: MAX_QUERIES }, work));
      await Promise.race([done, untilAborted(stop)]);
      return new Map(
        wanted.flatMap((address) => {
          const name = known(address)?.name;
          return name === undefined ? [] : [[address, name] as const];
        }),
      );
    },
  };
}

/** Asks DNS alone: `dns.reverse` looks into the system's hosts file first, and gives no names where it finds the address there. */
function systemReverse(): (address: string) => Promise<string[]> {
  const resolver = new dns.Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 1 });
  return (address) => resolver.resolvePtr(reverseName(address));
}

/** The name under which DNS keeps an address's names (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: string): string {
  const parsed = parseAddress(address);
  if (parsed.family === 4) return `${formatAddress(parsed).split('.').reverse().join('.')}.in-addr.arpa`;
  const digits = parsed.value.toString(16).padStart(32, '0');
  return `${[...digits].reverse().join('.')}.ip6.arpa`;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
