/** Half-open byte range [fromByte, toByte). */
export interface ByteRange {
  readonly fromByte: number;
  readonly toByte: number;
}

/** `whole`: the header is absent or to be ignored; `unsatisfiable`: answer 416. */
export type RangeDecision = 'whole' | 'unsatisfiable' | ByteRange;

/** More ranges than any client needs; a longer list is an attack on the server (RFC 9110 §17.15). */
const maxRanges = 64;

/**
 * What to serve for a Range header (RFC 9110 §14). A malformed one or one of another unit is ignored, and so is one that
 * stays several ranges after those that overlap or touch are joined: a server may answer 200 to it (§14.2), and no client
 * of ours asks so.
 */
export function decideRange(header: string | undefined, sizeBytes: number): RangeDecision {
  const list = /^bytes=(.*)$/i.exec(header?.trim() ?? '')?.[1];
  if (list === undefined) return 'whole';
  const specs = list.split(',').map((spec) => spec.trim());
  if (specs.length > maxRanges) return 'whole';
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    // Empty list elements are allowed (RFC 9110 §5.6.1.2).
    if (spec === '') continue;
    const range = readSpec(spec, sizeBytes);
    if (range === 'malformed') return 'whole';
    if (range !== 'unsatisfiable') ranges.push(range);
  }
  if (specs.every((spec) => spec === '')) return 'whole';
  if (ranges.length === 0) return 'unsatisfiable';
  const joined = join(ranges);
  return joined.length === 1 ? joined[0]! : 'whole';
}

function readSpec(spec: string, sizeBytes: number): ByteRange | 'malformed' | 'unsatisfiable' {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === '' && last === '') return 'malformed';
  if (first === '') {
    const suffixBytes = Math.min(Number(last), sizeBytes);
    return suffixBytes === 0 ? 'unsatisfiable' : { fromByte: sizeBytes - suffixBytes, toByte: sizeBytes };
  }
  const fromByte = Number(first);
  if (last !== '' && Number(last) < fromByte) return 'malformed';
  if (fromByte >= sizeBytes) return 'unsatisfiable';
  return { fromByte, toByte: last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes) };
}

function join(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of [...ranges].sort((left, right) => left.fromByte - right.fromByte)) {
    const before = joined.at(-1);
    if (before === undefined || range.fromByte > before.toByte) joined.push(range);
    else
      joined[joined.length - 1] = {
        fromByte: before.fromByte,
        toByte: Math.max(before.toByte, range.toByte),
      };
  }
  return joined;
}
