import { createSeededRandom, type SeededRandom } from '@fairhop/coordinator';
import { type Identity, identityFromSeed } from '@fairhop/shared/crypto';

/** Chance that a seed gives again, over the generator that selection draws by. */
export interface Chance extends SeededRandom {
  /** True once in so many times, on average. */
  oneIn(count: number): boolean;
  pick<Element>(elements: readonly Element[]): Element;
  /** Uniform integer in [from, to). */
  between(from: number, to: number): number;
  bytes(count: number): Uint8Array;
  identity(): Identity;
  uuid(): string;
  /** In an order drawn by lot. */
  shuffled<Element>(elements: readonly Element[]): Element[];
  /** A generator of its own for one selection. */
  draw(): SeededRandom;
}

export function createChance(seed: number): Chance {
  const random = createSeededRandom(seed.toString(16).padStart(32, '0'));
  const { below } = random;
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => below(256));
  return {
    ...random,
    oneIn: (count) => below(count) === 0,
    pick: (elements) => elements[below(elements.length)]!,
    between: (from, to) => from + below(to - from),
    bytes,
    identity: () => identityFromSeed(bytes(32)),
    uuid() {
      const hex = Buffer.from(bytes(16)).toString('hex');
      return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
    },
    shuffled(elements) {
      const order = [...elements];
      for (let left = order.length - 1; left > 0; left -= 1) {
        const other = below(left + 1);
        [order[left], order[other]] = [order[other]!, order[left]!];
      }
      return order;
    },
    draw: () => createSeededRandom(Buffer.from(bytes(16)).toString('hex')),
  };
}
