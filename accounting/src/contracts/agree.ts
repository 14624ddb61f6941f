import { isDeepStrictEqual } from 'node:util';
import { BIN_MS, type ContractTerms, type ContractVersion, FairhopError } from '@fairhop/shared/model';
import { isPeriodEdge } from './billing-period.js';
import { invalid } from './check-parties.js';

/** Versions of a contract, by time. */
export type Versions = readonly ContractVersion[];

/** What is closed up to an instant does not change any more. */
interface Agreed {
  readonly contract: string;
  readonly versions: Versions;
  readonly closedUntilMs: number | null;
}

/** A month's terms each for decades. */
const MAX_VERSIONS = 1_000;

/**
 * The versions once these terms hold from `fromMs` on: appended, or in place of a last one that begins then. Terms that hold then
 * already change nothing. Throws `contract-time-invalid` (400), `contract-ended`, `contract-version-out-of-order`, `period-closed`,
 * `too-many-versions` (409).
 */
export function agreeOn(agreed: Agreed, terms: ContractTerms, fromMs: number): Versions {
  const { contract, versions } = agreed;
  requireBinEdge('fromMs', fromMs);
  const last = versions.at(-1);
  if (last === undefined) return [{ ...terms, version: 1, fromMs, toMs: null }];
  if (versions.some((version) => version.fromMs === fromMs && isDeepStrictEqual(termsOf(version), terms))) {
    return versions;
  }
  if (last.toMs !== null) {
    const message = `contract ${contract} ended at ${text(last.toMs)}; make another one for what holds from ${text(fromMs)} on`;
    throw conflict('contract-ended', message);
  }
  if (fromMs < last.fromMs) {
    const message = `contract ${contract} has other terms from ${text(last.fromMs)} on; later terms cannot begin before that, at ${text(fromMs)}`;
    throw conflict('contract-version-out-of-order', message);
  }
  requireOpen(agreed, fromMs);
  if (fromMs > last.fromMs && isDeepStrictEqual(termsOf(last), terms)) return versions;
  const before = fromMs === last.fromMs ? versions.slice(0, -1) : versions;
  if (before.length >= MAX_VERSIONS) {
    throw conflict(
      'too-many-versions',
      `contract ${contract} has ${MAX_VERSIONS} versions, which is the most`,
    );
  }
  const previous = before.at(-1);
  if (previous !== undefined) requirePeriodEdge(previous, terms, fromMs);
  return [
    ...(previous === undefined ? [] : [...before.slice(0, -1), { ...previous, toMs: fromMs }]),
    { ...terms, version: last.version + 1, fromMs, toMs: null },
  ];
}

/** The versions once the contract ends; agreed ones that would begin later are gone. Throws as `agreeOn`. */
export function endAt(agreed: Agreed, atMs: number): Versions {
  const { contract, versions } = agreed;
  requireBinEdge('atMs', atMs);
  const { toMs } = versions.at(-1)!;
  if (toMs === atMs) return versions;
  if (toMs !== null) throw conflict('contract-ended', `contract ${contract} ended at ${text(toMs)} already`);
  const { fromMs } = versions[0]!;
  if (atMs <= fromMs) {
    const message = `contract ${contract} begins at ${text(fromMs)}; an end after that is right, not ${text(atMs)}`;
    throw invalid('contract-time-invalid', 'atMs', message);
  }
  requireOpen(agreed, atMs);
  const begun = versions.filter((version) => version.fromMs < atMs);
  return [...begun.slice(0, -1), { ...begun.at(-1)!, toMs: atMs }];
}

export function termsOf({ version, fromMs, toMs, ...terms }: ContractVersion): ContractTerms {
  return terms;
}

/** Usage is booked by bins: terms of half a bin would have none of their own. */
function requireBinEdge(path: string, timeMs: number): void {
  if (timeMs % BIN_MS === 0) return;
  const message = `${timeMs} is no edge of a 5-minute bin; a multiple of ${BIN_MS} is right`;
  throw invalid('contract-time-invalid', path, message);
}

/** A period has one currency, one length and one set of prices. */
function requirePeriodEdge(before: ContractTerms, after: ContractTerms, fromMs: number): void {
  for (const terms of [before, after]) {
    if (isPeriodEdge(terms, fromMs)) continue;
    const message = `${text(fromMs)} is within a ${terms.period} of ${terms.timeZone}; terms change with a period, or end the contract and make another`;
    throw invalid('contract-time-invalid', 'fromMs', message);
  }
}

function requireOpen({ contract, closedUntilMs }: Agreed, timeMs: number): void {
  if (closedUntilMs === null || timeMs >= closedUntilMs) return;
  const message = `contract ${contract} is settled until ${text(closedUntilMs)}; a change from then on is right, not from ${text(timeMs)}; where its invoices since were wrong, credit all of them first, without waiving`;
  throw conflict('period-closed', message);
}

const text = (timeMs: number): string => new Date(timeMs).toISOString();

const conflict = (code: string, message: string): FairhopError =>
  new FairhopError(code, message, { status: 409 });
