import { expect, it } from 'vitest';
import { quarantineMs, totalScore } from './score.js';

const DAY_MS = 86_400_000;
const of = (check: string, subject: string, score: number) => ({ check, subject, score });

it('adds up checks, each by its heaviest, to at most 100', () => {
  expect(totalScore([])).toBe(0);
  const some = [
    of('volume-above-size', 'a', 20),
    of('volume-above-size', 'b', 30),
    of('repeats-in-as', 'x', 20),
  ];
  expect(totalScore(some)).toBe(50);
  expect(totalScore([...some, of('forged-reports', 'r', 80)])).toBe(100);
});

it('takes longer with the score, a day for proofs of one transfer, and the operator for those of several', () => {
  const days = (...found: ReturnType<typeof of>[]) => {
    const ms = quarantineMs(found, 80);
    return ms === null ? null : ms / DAY_MS;
  };
  expect(days(of('x', 's', 80))).toBe(1);
  expect(days(of('x', 's', 90))).toBe(4);
  expect(days(of('x', 's', 100))).toBe(16);
  const proof = (transfer: string, kind = 'receipt-fork') => of(kind, transfer, 100);
  expect(days(proof('t'), proof('t', 'receipt-rewritten'))).toBe(1);
  expect(days(proof('t'), of('x', 's', 80))).toBe(16);
  expect(days(proof('t'), proof('u'))).toBeNull();
});
