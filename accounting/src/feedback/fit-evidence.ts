import type { Suspicion } from '@fairhop/shared/model';

/** As many as a quarantine tells (shared/src/model/belief.ts). */
const MAX_SUSPICIONS = 32;
/** The coordinator reads 256 KiB; in JSON a character of evidence may take two. */
const MAX_EVIDENCE_CHARACTERS = 96 * 1024;

/** The heaviest suspicions with as much of their evidence as fits into one message; all of it stays listed here. */
export function fitEvidence(suspicions: readonly Suspicion[]): Suspicion[] {
  let left = MAX_EVIDENCE_CHARACTERS;
  return [...suspicions]
    .sort((one, other) => other.score - one.score)
    .slice(0, MAX_SUSPICIONS)
    .map((suspicion) => ({
      ...suspicion,
      evidence: suspicion.evidence.filter(({ length }) => {
        const fits = length <= left;
        if (fits) left -= length;
        return fits;
      }),
    }));
}
