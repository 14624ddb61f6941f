import type { Asn } from '@fairhop/shared/model';
import { type AsGraph, type Prefix, parsePrefix } from '@fairhop/shared/net';

/**
 * For each prefix the AS of the longest prefix of the graph that holds all of it; undefined where none does. One pass over the
 * graph's prefixes, and memory for what is asked only: they may be millions.
 */
export function coveringAses(
  prefixes: readonly Prefix[],
  graphPrefixes: AsGraph['prefixes'],
): (Asn | undefined)[] {
  const wanted = new Map<string, Asn | undefined>();
  for (const prefix of prefixes) {
    for (const key of keysUpwards(prefix)) {
      if (wanted.has(key)) break;
      wanted.set(key, undefined);
    }
  }
  for (const { prefix, asn } of graphPrefixes) {
    const { family, length, first } = parsePrefix(prefix);
    const key = `${family} ${length} ${first}`;
    if (wanted.has(key)) wanted.set(key, asn);
  }
  return prefixes.map((prefix) => {
    for (const key of keysUpwards(prefix)) {
      const asn = wanted.get(key);
      if (asn !== undefined) return asn;
    }
    return undefined;
  });
}

/** The prefix itself, then those that hold it, to the one of length 0. */
function* keysUpwards(prefix: Prefix): Generator<string> {
  for (let length = prefix.length; length >= 0; length -= 1) {
    const first =
      prefix.family === 4
        ? prefix.first - (prefix.first % 2 ** (32 - length))
        : (prefix.first >> BigInt(128 - length)) << BigInt(128 - length);
    yield `${prefix.family} ${length} ${first}`;
  }
}
