import type { PathEvidenceRecord } from '../model/index.js';
import { parseMtr } from './parse-mtr.js';
import { parseTracepath, parseTraceroute } from './parse-traceroute.js';
import { parseTracert } from './parse-tracert.js';
import type { TraceHop } from './trace-hops.js';

const parsers: Record<PathEvidenceRecord['tool'], (text: string) => readonly TraceHop[]> = {
  traceroute: parseTraceroute,
  tracepath: parseTracepath,
  mtr: parseMtr,
  tracert: parseTracert,
};

/**
 * The hops in a tool's output, whole or cut off, in ascending order of TTL, at most 64 with at most 5 replies each. What is no
 * hop is passed over; nothing throws.
 */
export const parseTrace = (tool: PathEvidenceRecord['tool'], text: string): readonly TraceHop[] =>
  parsers[tool](text);
