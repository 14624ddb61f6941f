import type { ChargedUsage, RatePlan } from '@fairhop/shared/model';
import { BIN_MS, isWithinHours, type Span } from './calendar.js';
import { ispOf } from './network.js';
import type { Row, Truth } from './truth.js';

/** Which rows count, by what a charge or a query says. */
export type Filter = Omit<ChargedUsage, 'hours'>;

const isIn = (ref: string, asn: number | null): boolean =>
  asn !== null && (ref.startsWith('as:') ? asn === Number(ref.slice(3)) : ispOf(asn) === ref);

/** As it is crossed: ASes, links between them, ISPs. */
export function componentsOf(asPath: readonly number[]): string[] {
  const links = asPath.slice(1).map((asn, index) => `link:as:${asPath[index]}>as:${asn}`);
  const components = [
    ...asPath.map((asn) => `as:${asn}`),
    ...links,
    ...asPath.map((asn) => `isp:${ispOf(asn)}`),
  ];
  return [...new Set(components)];
}

/** Left the one, and at the same step or later entered the other. */
function isCrossing(asPath: readonly number[], leaves?: string, enters?: string): boolean {
  let hasLeft = leaves === undefined;
  for (const [index, to] of asPath.slice(1).entries()) {
    const from = asPath[index]!;
    if (leaves !== undefined && isIn(leaves, from) && !isIn(leaves, to)) hasLeft = true;
    if (hasLeft && (enters === undefined || (!isIn(enters, from) && isIn(enters, to)))) return true;
  }
  return false;
}

export function isCounted(row: Row, filter: Filter): boolean {
  const { leaves, enters, crosses, source, destination, owner, title, category, kind } = filter;
  if ((leaves ?? enters) !== undefined && !isCrossing(row.asPath ?? [], leaves, enters)) return false;
  if (crosses !== undefined && !componentsOf(row.asPath ?? []).some((one) => crosses.includes(one)))
    return false;
  if (source !== undefined && !isIn(source, row.sourceAs)) return false;
  if (destination !== undefined && !isIn(destination, row.destinationAs)) return false;
  if (owner !== undefined && row.owner !== owner) return false;
  if (title !== undefined && row.title !== title) return false;
  if (category !== undefined && row.category !== category) return false;
  return kind === undefined || row.kind === kind;
}

/** The same the other way round. */
export const turned = ({ leaves, enters, source, destination, crosses, ...rest }: Filter): Filter => ({
  ...rest,
  ...(enters !== undefined && { leaves: enters }),
  ...(leaves !== undefined && { enters: leaves }),
  ...(destination !== undefined && { source: destination }),
  ...(source !== undefined && { destination: source }),
  ...(crosses !== undefined && {
    crosses: crosses.map((one) => one.replace(/^link:(.*)>(.*)$/, 'link:$2>$1')),
  }),
});

type Direction = 'forward' | 'backward' | 'larger' | 'sum';

/** Of all 5-minute bins, those without a byte included, the one that a twentieth of them exceed, in bit/s. */
export function percentileOf(
  rows: readonly (readonly [binMs: number, bytes: number])[],
  binsMs: readonly number[],
): number {
  const bytes = new Map(binsMs.map((binMs) => [binMs, 0]));
  for (const [binMs, more] of rows) {
    const before = bytes.get(binMs);
    if (before !== undefined) bytes.set(binMs, before + more);
  }
  const falling = [...bytes.values()].sort((left, right) => right - left);
  return Math.floor((falling[Math.floor(falling.length / 20)]! * 8) / (BIN_MS / 1_000));
}

export interface Counting extends Span {
  readonly usage: ChargedUsage;
  readonly plan: RatePlan;
  readonly timeZone: string;
}

export interface Counted {
  readonly quantity: number;
  readonly events: number;
}

/** How much a charge counts of all that is true by now. */
export function countOf(truth: Truth, { usage, plan, fromMs, toMs, timeZone }: Counting): Counted {
  const { hours, ...filter } = usage;
  const isTime = (timeMs: number): boolean =>
    timeMs >= fromMs && timeMs < toMs && (hours === undefined || isWithinHours(timeMs, timeZone, hours));
  if (plan.type === 'royalty') {
    const files = truth.completedFiles.filter((file) => isTime(file.timeMs) && isBacked(truth, file, filter));
    return { quantity: files.length, events: files.length };
  }
  const inTime = truth.rows.filter(({ binMs }) => isTime(binMs));
  const direction: Direction = plan.type === 'percentile95' ? plan.direction : 'forward';
  const filters = [
    ...(direction === 'backward' ? [] : [filter]),
    ...(direction === 'forward' ? [] : [turned(filter)]),
  ];
  const ways = filters.map((one) => inTime.filter((row) => isCounted(row, one)));
  const events = ways.reduce((sum, way) => sum + way.length, 0);
  const billable = ways.map((way) => way.map((row) => [row.binMs, truth.billableBytes(row)] as const));
  if (plan.type !== 'percentile95')
    return { quantity: billable.flat().reduce((sum, [, bytes]) => sum + bytes, 0), events };
  const binsMs: number[] = [];
  for (let binMs = fromMs; binMs < toMs; binMs += BIN_MS) if (isTime(binMs)) binsMs.push(binMs);
  const together = direction === 'sum' ? [billable.flat()] : billable;
  return { quantity: Math.max(...together.map((way) => percentileOf(way, binsMs))), events };
}

/** Whether all that the host got and that may be billed is as much as the file. */
function isBacked(truth: Truth, file: Truth['completedFiles'][number], { owner, title }: Filter): boolean {
  if (owner !== undefined && owner !== file.owner) return false;
  if (title !== undefined && title !== file.title) return false;
  const bytes = truth.rows
    .filter((row) => row.destination === file.host && row.contentId === file.contentId)
    .reduce((sum, row) => sum + truth.billableBytes(row), 0);
  return bytes >= file.sizeBytes;
}
