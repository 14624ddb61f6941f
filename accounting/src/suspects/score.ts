import type { Suspicion } from '@fairhop/shared/model';

const DAY_MS = 86_400_000;
const MAX_DURATION_MS = 30 * DAY_MS;
/** A proof and what is nearly one double the time with each such step above the threshold. */
const DOUBLING_SCORE = 5;

/** One of the checks, with what it is about. */
export interface ScoredSuspicion extends Pick<Suspicion, 'check' | 'score'> {
  readonly subject: string;
}

/** Checks are independent of each other and add up; of one check the highest counts, since it sees one cause many times. */
export function totalScore(suspicions: readonly ScoredSuspicion[]): number {
  const byCheck = new Map<string, number>();
  for (const { check, score } of suspicions) byCheck.set(check, Math.max(byCheck.get(check) ?? 0, score));
  return Math.min(
    100,
    [...byCheck.values()].reduce((sum, score) => sum + score, 0),
  );
}

const isProof = ({ check, score }: ScoredSuspicion): boolean =>
  score === 100 && /^(receipt|statement)-(fork|rewritten)$/.test(check);

/**
 * How long an agent with this score is in quarantine; null is until it is released by hand. Proofs of one transfer alone can be a
 * backup that was restored, which passes; nobody restores one between two other transfers by mistake.
 */
export function quarantineMs(suspicions: readonly ScoredSuspicion[], threshold: number): number | null {
  const proofs = suspicions.filter(isProof);
  const proven = new Set(proofs.map(({ subject }) => subject)).size;
  if (proven > 1) return null;
  const others = totalScore(suspicions.filter((one) => !isProof(one)));
  if (proven === 1 && others < threshold) return DAY_MS;
  const steps = (totalScore(suspicions) - threshold) / DOUBLING_SCORE;
  return Math.min(MAX_DURATION_MS, DAY_MS * 2 ** Math.max(0, Math.floor(steps)));
}
