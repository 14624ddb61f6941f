import type { Asn } from '@fairhop/shared/model';
import { type AsGraph, type Prefix, parsePrefix } from '@fairhop/shared/net';
import type { Steps } from './steps.js';

/**
 * For each prefix the AS of the longest prefix of the graph that holds all of it; undefined where none does. One pass over the
 * graph's prefixes, and memory for what is asked only: they may be millions.
 */
export function* coveringAses(
  prefixes: readonly Prefix[],
  graphPrefixes: AsGraph['prefixes'],
): Steps<(Asn | undefined)[]> {
  const wanted = new Map<string, Asn | undefined>();
  for (const prefix of prefixes) {
    yield;
    for (const key of keysUpwards(prefix)) {
      if (wanted.has(key)) break;
      wanted.set(key, undefined);
    }
  }
  for (const { prefix, asn } of graphPrefixes) {
    yield;
    const { family, length, first } = parsePrefix(prefix);
    const key = `${family} ${length} ${first}`;
    if (wanted.has(key)) wanted.set(key, asn);
  }
  const longest = (prefix: Prefix): Asn | undefined => {
    for (const key of keysUpwards(prefix)) {
      const asn = wanted.get(key);
      if (asn !== undefined) return asn;
    }
    return undefined;
  };
  const ases: (Asn | undefined)[] = [];
  for (const prefix of prefixes) {
    ases.push(longest(prefix));
    yield;
  }
  return ases;
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
