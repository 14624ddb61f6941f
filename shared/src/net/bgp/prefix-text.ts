/** Text of the words of a prefix, the same as `formatPrefix` gives, without big integers: lookups make one each. */
export function formatIpv4Words(word: number, length: number): string {
  const [a, b, c, d] = [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
  return octets[a]! + octets[b]! + octets[c]! + lastOctets[d]! + length;
}

const octets = Array.from({ length: 256 }, (_, value) => `${value}.`);
const lastOctets = Array.from({ length: 256 }, (_, value) => `${value}/`);

/** Four words from a place on; in the canonical form of RFC 5952. */
export function formatIpv6Words(words: Uint32Array, start: number, length: number): string {
  let runStart = 0;
  let runLength = 1;
  for (let group = 0, zeros = 0; group < 8; group += 1) {
    zeros = groupAt(words, start, group) === 0 ? zeros + 1 : 0;
    if (zeros <= runLength) continue;
    runLength = zeros;
    runStart = group + 1 - zeros;
  }
  if (runLength === 1) return `${joinGroups(words, start, 0, 8)}/${length}`;
  const tail = joinGroups(words, start, runStart + runLength, 8);
  return `${joinGroups(words, start, 0, runStart)}::${tail}/${length}`;
}

const groupAt = (words: Uint32Array, start: number, group: number): number =>
  (group & 1) === 0 ? words[start + (group >>> 1)]! >>> 16 : words[start + (group >>> 1)]! & 0xffff;

function joinGroups(words: Uint32Array, start: number, from: number, to: number): string {
  if (from >= to) return '';
  let text = groupAt(words, start, from).toString(16);
  for (let group = from + 1; group < to; group += 1) text += `:${groupAt(words, start, group).toString(16)}`;
  return text;
}
