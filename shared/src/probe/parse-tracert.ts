import { addressIn, createHopList, linesOf, type TraceHop, wordsOf } from './trace-hops.js';

/** Probes of a hop. */
const PROBES = 3;

/**
 * Output of Windows tracert in any language: three times, each a number and its unit or `*`, then `name [address]`, an address,
 * or words, which are not read. Times below a millisecond (`<1`) count as one. A line with an address and no time is a host's
 * word that it goes no further, often the prober's own; it is no hop that forwarded.
 */
export function parseTracert(text: string): readonly TraceHop[] {
  const list = createHopList();
  for (const line of linesOf(text)) {
    const [, number, rest] = /^\s{0,4}(\d{1,3})\s+(\S.*)$/.exec(line) ?? [];
    if (number === undefined) continue;
    const { timesMs, words } = readTimes(wordsOf(rest!));
    if (timesMs === undefined || !list.begin(Number(number))) continue;
    const [first, second] = words;
    const bracketed = second?.startsWith('[') ? addressIn(second) : undefined;
    const address = bracketed ?? addressIn(first ?? '');
    for (const timeMs of timesMs) list.reply({ address, name: bracketed && first, roundTripMs: timeMs });
  }
  return list.hops;
}

/** Times of the probes that were answered, and the words after them; no times where the line is none of a hop. */
function readTimes(words: string[]): { timesMs?: number[]; words: string[] } {
  const timesMs: number[] = [];
  let next = 0;
  let probes = 0;
  for (; probes < PROBES; probes += 1) {
    const word = words[next] ?? '';
    if (word === '*') next += 1;
    else if (/^<?\d{1,6}$/.test(word) && words[next + 1] !== undefined) {
      timesMs.push(Number(word.replace('<', '')));
      next += 2;
    } else break;
  }
  const rest = words.slice(next);
  return probes === 0 && addressIn(rest[0] ?? '') === undefined ? { words: rest } : { timesMs, words: rest };
}
