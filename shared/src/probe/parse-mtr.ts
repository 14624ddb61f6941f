import { z } from 'zod';
import { addressIn, createHopList, linesOf, type TraceHop, wordsOf } from './trace-hops.js';

/** A hop of `mtr --json`; older versions give its number as text. */
const hubSchema = z.object({
  count: z.coerce.number().int(),
  host: z.string().max(400),
  'Loss%': z.number(),
  Best: z.number(),
});
const reportSchema = z.object({ report: z.object({ hubs: z.array(z.unknown()).max(300) }) });

/** Columns after the host: loss, sent, last, average, best, worst, deviation. */
const REPORT_COLUMNS = 7;
const BEST_COLUMN = 4;

/** Output of `mtr --json` or `mtr --report`: for each hop that answered one reply, the fastest. */
export function parseMtr(text: string): readonly TraceHop[] {
  return text.trimStart().startsWith('{') ? parseJson(text) : parseReport(text);
}

function parseJson(text: string): readonly TraceHop[] {
  const list = createHopList();
  const parsed = reportSchema.safeParse(jsonOf(text));
  for (const given of parsed.success ? parsed.data.report.hubs : []) {
    const hub = hubSchema.safeParse(given);
    if (!hub.success || !list.begin(hub.data.count) || hub.data['Loss%'] >= 100) continue;
    const { address, name } = hostOf(wordsOf(hub.data.host));
    list.reply({ address, name, roundTripMs: hub.data.Best });
  }
  return list.hops;
}

function parseReport(text: string): readonly TraceHop[] {
  const list = createHopList();
  for (const line of linesOf(text)) {
    const [, number, rest] = /^\s*(\d{1,3})\.\|--\s+(\S.*)$/.exec(line) ?? [];
    if (number === undefined || !list.begin(Number(number))) continue;
    const words = wordsOf(rest!);
    const columns = words.slice(-REPORT_COLUMNS).map((word) => Number(word.replace('%', '')));
    if (words.length <= REPORT_COLUMNS || columns.some(Number.isNaN) || columns[0]! >= 100) continue;
    const { address, name } = hostOf(words.slice(0, -REPORT_COLUMNS));
    list.reply({ address, name, roundTripMs: columns[BEST_COLUMN]! });
  }
  return list.hops;
}

/** `192.0.2.1` or `name (192.0.2.1)`; `???` is nobody. */
function hostOf(words: readonly string[]): { address: string | undefined; name: string | undefined } {
  const last = words.at(-1) ?? '';
  return { address: addressIn(last), name: last.startsWith('(') ? words.at(-2) : undefined };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
