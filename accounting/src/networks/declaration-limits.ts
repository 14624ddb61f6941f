import { FairhopError } from '@fairhop/shared/model';
import type { TopologyRows } from './topology-rows.js';
import type { Version } from './topology-versions.js';

/**
 * What a declaration in a request or file may have: some 10,000 routers with 20,000 links and as many prefixes. Several times as much
 * would be read, written and indexed for so long that what waits for the same thread would show it.
 */
export const MAX_TOPOLOGY_BYTES = 4 * 1024 * 1024;
/** An ISP's clock may be behind this one's by so much: what is to begin now begins now. */
const CLOCK_TOLERANCE_MS = 60_000;
/** Networks change by the hour; every version cuts the transfers that go on when it begins. */
const MIN_SPACING_MS = 60_000;
const DAY_MS = 86_400_000;
/** Twice an hour. */
const MAX_VERSIONS_PER_DAY = 50;
/** A dozen of the largest, or fifty of what most ISPs have. */
const MAX_BYTES_PER_DAY = 48 * 1024 * 1024;
/** One a day for over 25 years. */
const MAX_VERSIONS = 10_000;
/** A disk has room for those of hundreds of ISPs. */
const MAX_BYTES = 1024 * 1024 * 1024;

const text = (timeMs: number): string => new Date(timeMs).toISOString();
const conflict = (code: string, message: string): FairhopError =>
  new FairhopError(code, message, { status: 409 });

/**
 * When a declaration is to begin by who declares it. Only the operator dates back: what was booked, and who is paid for it, is nothing
 * that an ISP changes. Throws `topology-backdated` (400).
 */
export function wantedBegin(
  isp: string,
  wantedMs: number | undefined,
  isConfirmed: boolean,
  nowMs: number,
): number | undefined {
  if (isConfirmed || wantedMs === undefined || wantedMs >= nowMs) return wantedMs;
  if (wantedMs >= nowMs - CLOCK_TOLERANCE_MS) return nowMs;
  throw new FairhopError(
    'topology-backdated',
    `a declaration by ISP ${isp} itself cannot begin in the past, at ${text(wantedMs)}; leave the time out and it begins now (${text(nowMs)}), or have the operator declare it`,
    { status: 400 },
  );
}

/**
 * When a declaration begins: when it is wanted, else now or, shortly after the one before, as soon as it may. Throws
 * `topology-out-of-order`, `topology-too-soon` (409).
 */
export function beginOf(before: Version | undefined, wantedMs: number | undefined, nowMs: number): number {
  if (before === undefined) return wantedMs ?? nowMs;
  const { isp, version, validFromMs } = before;
  const earliestMs = validFromMs + MIN_SPACING_MS;
  if (wantedMs === undefined && validFromMs <= nowMs) return Math.max(nowMs, earliestMs);
  const beginMs = wantedMs ?? nowMs;
  if (beginMs < validFromMs)
    throw conflict(
      'topology-out-of-order',
      `version ${version} of ISP ${isp} begins at ${text(validFromMs)}; a newer one cannot begin before it, at ${text(beginMs)}; withdraw what has not begun`,
    );
  if (beginMs < earliestMs)
    throw conflict(
      'topology-too-soon',
      `version ${version} of ISP ${isp} begins at ${text(validFromMs)}; the next one may from ${text(earliestMs)} on, a minute later`,
    );
  return beginMs;
}

/** Throws `too-many-versions` (409). */
export function checkRoom(isp: string, addedBytes: number, rows: TopologyRows, nowMs: number): void {
  const day = rows.keptSince(isp, nowMs - DAY_MS);
  const all = rows.keptSince(isp, -1);
  const bounds = [
    [day.count + 1, MAX_VERSIONS_PER_DAY, 'declarations within 24 hours'],
    [day.sizeBytes + addedBytes, MAX_BYTES_PER_DAY, 'bytes of declarations within 24 hours'],
    [all.count + 1, MAX_VERSIONS, 'declarations'],
    [all.sizeBytes + addedBytes, MAX_BYTES, 'bytes of declarations'],
  ] as const;
  for (const [count, maximum, what] of bounds)
    if (count > maximum)
      throw conflict('too-many-versions', `ISP ${isp} would have ${count} ${what}; ${maximum} are the most`);
}
