import { monthOf } from '../month.js';
import type { UplinkUsageStore, UplinkUse } from '../session/dependencies.js';
import type { QuotaSubject } from './running-grant.js';

/**
 * Bytes that permits still allow in this UTC month: their limits less what was reported and what running grants may still
 * bring. What is reported is kept in the store, the rest is soft state.
 */
export interface UplinkQuota {
  leftBytes(subject: QuotaSubject, nowMs: number): number;
  reserve(subject: QuotaSubject, bytes: number): void;
  /** Part of a reservation was uploaded. */
  use(subject: QuotaSubject, bytes: number, nowMs: number): void;
  /** Part of a reservation will not be used. */
  release(subject: QuotaSubject, bytes: number): void;
  /** What was used since `written`. */
  unwritten(): readonly UplinkUse[];
  /** The store has it. */
  written(): void;
}

interface Scope {
  month: string;
  usedBytes: number;
}

/** Scopes whose use is remembered between two looks at the store; an entry takes about 150 bytes. */
const MAX_SCOPES = 250_000;

export function createUplinkQuota(store: UplinkUsageStore): UplinkQuota {
  const scopes = new Map<string, Scope>();
  const reserved = new Map<string, number>();
  const unwritten = new Map<string, { scope: string; month: string; bytes: number }>();

  const usedBytes = (name: string, month: string): number => {
    const known = scopes.get(name);
    if (known?.month === month) return known.usedBytes;
    const waiting = unwritten.get(`${month} ${name}`)?.bytes ?? 0;
    const scope = { month, usedBytes: store.bytes(name, month) + waiting };
    if (scopes.size >= MAX_SCOPES) scopes.clear();
    scopes.set(name, scope);
    return scope.usedBytes;
  };
  const changeReserved = (name: string, bytes: number): void => {
    const now = (reserved.get(name) ?? 0) + bytes;
    if (now > 0) reserved.set(name, now);
    else reserved.delete(name);
  };
  const left = (name: string, limitBytes: number | undefined, month: string): number =>
    limitBytes === undefined
      ? Number.MAX_SAFE_INTEGER
      : Math.max(0, limitBytes - usedBytes(name, month) - (reserved.get(name) ?? 0));
  const namesOf = ({ permitId, agent }: QuotaSubject): [string, string] => [
    `agent:${permitId}:${agent}`,
    `permit:${permitId}`,
  ];

  return {
    leftBytes(subject, nowMs) {
      if (subject.monthlyBytesPerSubscriber === undefined && subject.monthlyBytesTotal === undefined)
        return Number.MAX_SAFE_INTEGER;
      const [ofAgent, ofPermit] = namesOf(subject);
      const month = monthOf(nowMs);
      return Math.min(
        left(ofAgent, subject.monthlyBytesPerSubscriber, month),
        left(ofPermit, subject.monthlyBytesTotal, month),
      );
    },
    reserve(subject, bytes) {
      for (const name of namesOf(subject)) changeReserved(name, bytes);
    },
    use(subject, bytes, nowMs) {
      const month = monthOf(nowMs);
      for (const name of namesOf(subject)) {
        usedBytes(name, month);
        const scope = scopes.get(name);
        if (scope) scope.usedBytes += bytes;
        changeReserved(name, -bytes);
        const entry = unwritten.get(`${month} ${name}`) ?? { scope: name, month, bytes: 0 };
        entry.bytes += bytes;
        unwritten.set(`${month} ${name}`, entry);
      }
    },
    release(subject, bytes) {
      for (const name of namesOf(subject)) changeReserved(name, -bytes);
    },
    unwritten: () => [...unwritten.values()],
    written: () => unwritten.clear(),
  };
}
