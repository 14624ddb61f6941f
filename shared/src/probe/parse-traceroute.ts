import { addressIn, createHopList, type HopList, linesOf, type TraceHop, wordsOf } from './trace-hops.js';

/**
 * Output of traceroute: the modern one of Linux, that of BSD and macOS, BusyBox's and GNU's. A hop may go on in further lines
 * (BSD), a reply with another address follows in the same one (Linux); marks such as `!N` and annotations are passed over.
 */
export function parseTraceroute(text: string): readonly TraceHop[] {
  const list = createHopList();
  let isInHop = false;
  for (const line of linesOf(text)) {
    const [, number, rest] = /^\s{0,4}(\d{1,3})\s+(\S.*)$/.exec(line) ?? [];
    if (number !== undefined) {
      isInHop = list.begin(Number(number));
      if (isInHop) readReplies(rest!, list);
    } else if (isInHop && /^\s+\S/.test(line)) readReplies(line, list);
  }
  return list.hops;
}

/**
 * Output of tracepath: `4:  router (192.0.2.1)  0.089ms asymm 3`. A TTL may come twice; `1?:` tells of the own host.
 */
export function parseTracepath(text: string): readonly TraceHop[] {
  const list = createHopList();
  for (const line of linesOf(text)) {
    const [, number, rest] = /^\s{0,4}(\d{1,3}):\s+(\S.*)$/.exec(line) ?? [];
    if (number !== undefined && list.begin(Number(number))) readReplies(rest!, list);
  }
  return list.hops;
}

/** Words of one line: an address, alone or in parentheses after its name, then the round-trip times of its replies. */
function readReplies(text: string, list: HopList): void {
  let address: string | undefined;
  let name: string | undefined;
  const words = wordsOf(text);
  words.forEach((word, index) => {
    const found = addressIn(word);
    if (found !== undefined && word.startsWith('(')) {
      name = words[index - 1];
      address = found;
    } else if (found !== undefined && !word.startsWith('[') && !isTime(words, index)) {
      name = undefined;
      address = found;
    } else if (isTime(words, index)) {
      const mark = words[word.endsWith('ms') ? index + 1 : index + 2] ?? '';
      list.reply({ address, name, roundTripMs: Number.parseFloat(word), isRefusal: mark.startsWith('!') });
    }
  });
}

/** `0.123ms`, or `0.123` before `ms`. */
function isTime(words: readonly string[], index: number): boolean {
  const word = words[index]!;
  return (
    /^\d{1,6}(\.\d{1,6})?ms$/.test(word) || (/^\d{1,6}(\.\d{1,6})?$/.test(word) && words[index + 1] === 'ms')
  );
}
