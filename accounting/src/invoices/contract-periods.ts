import { type Contract, type ContractVersion, FairhopError } from '@fairhop/shared/model';
import { billingPeriodAt, billingPeriodNamed } from '../contracts/index.js';

const HOUR_MS = 3_600_000;
/**
 * So long after a contract's end its periods are still closed, for what comes late: reports come up to 93 days after a transfer, and
 * what they claim may settle later still.
 */
const AFTER_END_MS = 186 * 24 * HOUR_MS;

/** A billing period of a contract, cut to when the version that holds in it does. */
export interface ContractPeriod {
  /** `2026-11` or `2026-Q4`. */
  readonly key: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly version: ContractVersion;
  /** False after the contract's end: only what came late is invoiced then. */
  readonly isInForce: boolean;
}

/** From when on a period can be closed. */
const closableMs = ({ toMs, version }: ContractPeriod): number => toMs + version.graceHours * HOUR_MS;

/** All periods that can be closed by then, in order. */
export const periodsOver = (contract: Contract, nowMs: number): ContractPeriod[] =>
  periodsBegun(contract, nowMs).filter((period) => closableMs(period) <= nowMs);

/** All periods that have begun by then, in order. */
export function periodsBegun({ versions }: Contract, nowMs: number): ContractPeriod[] {
  const periods: ContractPeriod[] = [];
  for (const version of versions) {
    const endMs = Math.min(version.toMs ?? nowMs, nowMs);
    for (let at = version.fromMs; at < endMs; ) {
      const { period: key, fromMs, toMs } = billingPeriodAt(version, at);
      periods.push({ key, version, isInForce: true, ...cut(version, fromMs, toMs) });
      at = toMs;
    }
  }
  const last = versions.at(-1)!;
  if (last.toMs !== null) {
    let at = billingPeriodAt(last, last.toMs - 1).toMs;
    while (at < Math.min(nowMs, last.toMs + AFTER_END_MS)) {
      const { period: key, fromMs, toMs } = billingPeriodAt(last, at);
      periods.push({ key, version: last, isInForce: false, fromMs, toMs });
      at = toMs;
    }
  }
  return periods;
}

/** Undefined where the contract has no such period: it begins later, or has months and not quarters. */
export function periodNamed({ versions }: Contract, key: string): ContractPeriod | undefined {
  const kind = key.includes('Q') ? 'quarter' : 'month';
  for (const version of versions) {
    if (version.period !== kind) continue;
    const { fromMs, toMs } = billingPeriodNamed(key, version.timeZone);
    const isAfter = version === versions.at(-1) && version.toMs !== null && fromMs >= version.toMs;
    if (isAfter) return { key, fromMs, toMs, version, isInForce: false };
    if (fromMs < (version.toMs ?? toMs) && toMs > version.fromMs)
      return { key, version, isInForce: true, ...cut(version, fromMs, toMs) };
  }
  return undefined;
}

const cut = (version: ContractVersion, fromMs: number, toMs: number) => ({
  fromMs: Math.max(fromMs, version.fromMs),
  toMs: Math.min(toMs, version.toMs ?? toMs),
});

/** Throws `period-open` (409). */
export function requireOver(contract: string, period: ContractPeriod, nowMs: number): void {
  if (closableMs(period) <= nowMs) return;
  const { graceHours } = period.version;
  const grace = graceHours === 0 ? '' : ` and waits ${graceHours} hours for late reports`;
  const message = `period ${period.key} of contract ${contract} ends at ${textOf(period.toMs)}${grace}; it can be closed from ${textOf(closableMs(period))} on`;
  throw new FairhopError('period-open', message, {
    status: 409,
    details: { closableMs: closableMs(period) },
  });
}

const textOf = (timeMs: number): string => new Date(timeMs).toISOString();
