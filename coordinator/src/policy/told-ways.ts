import { createBoundedCache } from '@fairhop/shared/model';
import { formatAddress, parseAddress } from '@fairhop/shared/net';

/** Two addresses as accounting is asked about them. */
export interface Pair {
  readonly source: string;
  readonly destination: string;
}

/**
 * Ways beneath AS level (peerings, routers, internal links, exchange points), which accounting's path resolver knows and tells. Kept by
 * networks, since all of a /24 or /48 is routed alike.
 */
export interface ToldWays {
  /** Components between two addresses; undefined while they are asked for. What is old is given, and asked for again. */
  between(source: string, destination: string): ReadonlySet<string> | undefined;
  tell(pair: Pair, components: readonly string[]): void;
  /** What is to be asked; the same pair again only after a while. */
  wanted(limit: number): Pair[];
}

/** Some KiB each at most: 64 components of names. */
const MAX_WAYS = 20_000;
/** Of pairs that wait; more come with the next look. */
const MAX_WANTED = 2_000;
/** Topologies and routes change within minutes. */
const FRESH_MS = 60_000;
/** An answer that did not come is asked for anew. */
const ASK_AGAIN_MS = 5_000;

interface Told {
  readonly components: ReadonlySet<string>;
  readonly toldMs: number;
}

export function createToldWays(nowMs: () => number): ToldWays {
  const ways = createBoundedCache<string, Told>(MAX_WAYS);
  const wanted = new Map<string, Pair & { askedMs: number }>();
  const want = (key: string, pair: Pair): void => {
    if (!wanted.has(key) && wanted.size < MAX_WANTED)
      wanted.set(key, { ...pair, askedMs: Number.NEGATIVE_INFINITY });
  };
  return {
    between(source, destination) {
      const key = keyOf({ source, destination });
      const told = ways.get(key);
      if (told === undefined || nowMs() - told.toldMs > FRESH_MS) want(key, { source, destination });
      return told?.components;
    },
    tell(pair, components) {
      const key = keyOf(pair);
      wanted.delete(key);
      ways.set(key, { components: new Set(components), toldMs: nowMs() });
    },
    wanted(limit) {
      const due: Pair[] = [];
      for (const pair of wanted.values()) {
        if (due.length >= limit) break;
        if (nowMs() - pair.askedMs < ASK_AGAIN_MS) continue;
        pair.askedMs = nowMs();
        due.push({ source: pair.source, destination: pair.destination });
      }
      return due;
    },
  };
}

const keyOf = ({ source, destination }: Pair): string => `${networkOf(source)}>${networkOf(destination)}`;

const LOW_BITS_V6 = 80n;

/** The /24 or /48 around an address. */
function networkOf(address: string): string {
  const parsed = parseAddress(address);
  return parsed.family === 4
    ? formatAddress({ family: 4, value: (parsed.value & 0xffffff00) >>> 0 })
    : formatAddress({ family: 6, value: (parsed.value >> LOW_BITS_V6) << LOW_BITS_V6 });
}
