import { randomUUID } from 'node:crypto';
import { FairhopError } from '@fairhop/shared/model';

/** Random numbers that its seed gives again. */
export interface SeededRandom {
  readonly seed: string;
  /** Uniform integer in [0, bound), bound at most 2^32. */
  below(bound: number): number;
}

/** A seed from the system's randomness; a UUID has 122 random bits and comes from a pool, unlike bytes asked for singly. */
export const drawSeed = (): string => randomUUID().replaceAll('-', '');

/**
 * sfc32 (Doty-Humphrey, PractRand), seeded with 128 bits. Fast and even; unpredictable as long as its seed is, which is drawn
 * from the system for each selection and told to nobody but the auditor.
 * @param seed 32 hex digits. Throws `seed-invalid`.
 */
export function createSeededRandom(seed: string): SeededRandom {
  if (!/^[0-9a-f]{32}$/.test(seed)) {
    throw new FairhopError('seed-invalid', `The seed "${seed.slice(0, 40)}" must be 32 hex digits`);
  }
  let a = Number.parseInt(seed.slice(0, 8), 16) | 0;
  let b = Number.parseInt(seed.slice(8, 16), 16) | 0;
  let c = Number.parseInt(seed.slice(16, 24), 16) | 0;
  let counter = Number.parseInt(seed.slice(24, 32), 16) | 0;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first numbers show the seed's own pattern.
  for (let round = 0; round < 12; round += 1) next();
  // Multiplying leaves a bias of at most bound / 2^32, nothing for sets of thousands.
  return { seed, below: (bound) => Math.floor((next() / 4_294_967_296) * bound) };
}
