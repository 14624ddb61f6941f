import { setImmediate as nextTurn } from 'node:timers/promises';
import { NetError, quoteForMessage } from './net-error.js';
import { createIpv4RangesBuilder, createIpv6RangesBuilder } from './range-builder.js';
import type { Ipv4Ranges, Ipv6Ranges } from './range-table.js';

/** A dataset of one family: the ranges hold AS numbers; for each AS the byte where its first line begins. */
export interface AsnDataset<R> {
  readonly ranges: R;
  readonly lineOffsets: ReadonlyMap<number, number>;
}

/** Some milliseconds' work: sessions and requests wait no longer than that for a dataset of half a million lines. */
const linesPerSlice = 4_096;

const comma = 0x2c;
const newline = 0x0a;

/**
 * Reads lines `first,last,asn,name` with addresses as decimal integers, in ascending order of the first. Here and
 * there the data overlaps by a few addresses; the range that begins later is the more specific. Works on bytes:
 * names stay in the file, because most of the hundred thousand are never asked for. Other work of the process goes on
 * between slices of lines.
 */
export async function parseIpv4Dataset(file: Buffer, fileName: string): Promise<AsnDataset<Ipv4Ranges>> {
  const builder = createIpv4RangesBuilder(countLines(file));
  const lineOffsets = await readLines(file, fileName, (first, last, asn) => {
    builder.add(readInteger(file, first, 0xffff_ffff), readInteger(file, last, 0xffff_ffff), asn);
  });
  return { ranges: builder.build(), lineOffsets };
}

export async function parseIpv6Dataset(file: Buffer, fileName: string): Promise<AsnDataset<Ipv6Ranges>> {
  const builder = createIpv6RangesBuilder(countLines(file));
  const lineOffsets = await readLines(file, fileName, (first, last, asn) => {
    builder.add(readBigInteger(file, first), readBigInteger(file, last), asn);
  });
  return { ranges: builder.build(), lineOffsets };
}

/** The name in the line at the beginning of the bytes, if the line is about the AS. */
export function readNameOfLine(bytes: Buffer, asn: number): string | undefined {
  const end = bytes.indexOf(newline);
  const line = bytes.toString('utf8', 0, end === -1 ? bytes.length : end).replace(/\r$/, '');
  const match = /^\d+,\d+,(\d+),(?:"((?:[^"]|"")*)"|(.*))$/.exec(line);
  if (!match || Number(match[1]) !== asn) return undefined;
  const name = match[2]?.replaceAll('""', '"') ?? match[3] ?? '';
  return name === '' ? undefined : name;
}

interface Field {
  readonly start: number;
  readonly end: number;
}

async function readLines(
  file: Buffer,
  fileName: string,
  onLine: (first: Field, last: Field, asn: number) => void,
): Promise<Map<number, number>> {
  const lineOffsets = new Map<number, number>();
  let start = 0;
  for (let index = 0; start < file.length; index += 1) {
    if (index % linesPerSlice === linesPerSlice - 1) await nextTurn();
    const newlineAt = file.indexOf(newline, start);
    const end = newlineAt === -1 ? file.length : newlineAt;
    try {
      const first = fieldFrom(file, start, end);
      const last = fieldFrom(file, first.end + 1, end);
      const asn = readInteger(file, fieldFrom(file, last.end + 1, end), 0xffff_ffff);
      onLine(first, last, asn);
      if (!lineOffsets.has(asn)) lineOffsets.set(asn, start);
    } catch (cause) {
      const line = file.toString('utf8', start, Math.min(end, start + 200));
      throw new NetError(
        'asn-dataset-malformed',
        `${fileName} line ${index + 1} is ${quoteForMessage(line)}; expected first,last,asn,name in ascending order`,
        { cause },
      );
    }
    start = end + 1;
  }
  return lineOffsets;
}

function fieldFrom(file: Buffer, start: number, lineEnd: number): Field {
  const commaAt = file.indexOf(comma, start);
  if (commaAt === -1 || commaAt >= lineEnd) throw new RangeError('a field is missing');
  return { start, end: commaAt };
}

function readInteger(file: Buffer, { start, end }: Field, maximum: number): number {
  let value = 0;
  for (let index = start; index < end; index += 1) {
    const digit = file[index]! - 48;
    if (digit < 0 || digit > 9) throw new RangeError('not a decimal integer');
    value = value * 10 + digit;
  }
  if (start === end || value > maximum) throw new RangeError('integer out of range');
  return value;
}

function readBigInteger(file: Buffer, { start, end }: Field): bigint {
  const text = file.toString('latin1', start, end);
  if (!/^\d{1,39}$/.test(text)) throw new RangeError('not a decimal integer');
  const value = BigInt(text);
  if (value >> 128n !== 0n) throw new RangeError('integer out of range');
  return value;
}

function countLines(file: Buffer): number {
  let count = 0;
  for (let at = file.indexOf(newline); at !== -1; at = file.indexOf(newline, at + 1)) count += 1;
  return file.length > 0 && file.at(-1) !== newline ? count + 1 : count;
}
