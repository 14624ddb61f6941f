import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FluidPhase, type FluidProblem, fluidBoundSeconds } from './fluid-bound.js';

/** Hosts on one exchange without limit: each has an uplink and a downlink. */
interface Star {
  readonly serverUp: number;
  readonly peers: readonly { readonly up: number; readonly down: number }[];
}

const peerName = (index: number): string => `p${index}`;

function starPhase({ serverUp, peers }: Star, durationSeconds = Number.POSITIVE_INFINITY): FluidPhase {
  const capacityBitsPerSecond = new Map([['up edge', serverUp]]);
  for (const [index, { up, down }] of peers.entries()) {
    capacityBitsPerSecond.set(`up ${peerName(index)}`, up);
    capacityBitsPerSecond.set(`down ${peerName(index)}`, down);
  }
  return {
    durationSeconds,
    capacityBitsPerSecond,
    links: (source, receiver) => [`up ${source}`, `down ${receiver}`],
  };
}

function starProblem(star: Star, sizeBytes: number, phases: readonly FluidPhase[]): FluidProblem {
  const receivers = star.peers.map((_, index) => peerName(index));
  return { sizeBytes, seeds: ['edge'], relays: receivers, receivers, regions: [], phases };
}

/** Kumar & Ross 2006, theorem 1. */
function closedForm({ serverUp, peers }: Star, sizeBytes: number): number {
  const bits = sizeBytes * 8;
  const upload = peers.reduce((total, { up }) => total + up, serverUp);
  const slowest = Math.min(...peers.map(({ down }) => down));
  return Math.max(bits / serverUp, bits / slowest, (peers.length * bits) / upload);
}

const rate = fc.integer({ min: 500_000, max: 100_000_000 });
const star = fc.record({
  serverUp: rate,
  peers: fc.array(fc.record({ up: rate, down: rate }), { minLength: 1, maxLength: 7 }),
});
const size = fc.integer({ min: 1_000_000, max: 100_000_000 });

describe('fluid bound', () => {
  it('is the closed form of Kumar & Ross where only hosts have limits', async () => {
    await fc.assert(
      fc.asyncProperty(star, size, async (shape, sizeBytes) => {
        const bound = await fluidBoundSeconds(starProblem(shape, sizeBytes, [starPhase(shape)]));
        expect(bound / closedForm(shape, sizeBytes)).toBeCloseTo(1, 5);
      }),
      { numRuns: 60 },
    );
  });

  it('does not change when time is cut where nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        star,
        size,
        fc.array(fc.double({ min: 0.01, max: 0.6, noNaN: true }), { minLength: 1, maxLength: 3 }),
        async (shape, sizeBytes, cuts) => {
          const whole = closedForm(shape, sizeBytes);
          const phases = [...cuts.map((share) => starPhase(shape, share * whole)), starPhase(shape)];
          const bound = await fluidBoundSeconds(starProblem(shape, sizeBytes, phases));
          expect(bound / whole).toBeCloseTo(1, 5);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('counts what a link that fails carried before', async () => {
    // 10 MB at 8 Mbit/s for 4 s, then at 4 Mbit/s.
    const shape = { serverUp: 8e6, peers: [{ up: 1, down: 1e9 }] };
    const phases = [starPhase(shape, 4), starPhase({ ...shape, serverUp: 4e6 })];
    expect(await fluidBoundSeconds(starProblem(shape, 10e6, phases))).toBeCloseTo(4 + 48 / 4, 6);
  });

  it('lets each byte enter a region once, over the link that all share', async () => {
    // Four receivers behind one link of 10 Mbit/s; inside they are fast. Without relays four copies enter, else one.
    const receivers = ['a', 'b', 'c', 'd'];
    const phase: FluidPhase = {
      durationSeconds: Number.POSITIVE_INFINITY,
      capacityBitsPerSecond: new Map([['border', 10e6]]),
      links: (source, receiver) => (source === 'edge' ? ['border'] : [`${source} ${receiver}`]),
    };
    const problem = { sizeBytes: 10e6, seeds: ['edge'], receivers, regions: [receivers], phases: [phase] };
    expect(await fluidBoundSeconds({ ...problem, relays: [] })).toBeCloseTo(32, 6);
    expect(await fluidBoundSeconds({ ...problem, relays: receivers })).toBeCloseTo(8, 6);
  });

  it('does not let the peers of a region live on each other', async () => {
    // Two regions that are fast inside; whatever comes in shares one link of 10 Mbit/s each.
    const [left, right] = [
      ['a', 'b'],
      ['c', 'd'],
    ] as const;
    const sideOf = (host: string): string =>
      left.includes(host as 'a') ? 'left' : right.includes(host as 'c') ? 'right' : 'edge';
    const phase: FluidPhase = {
      durationSeconds: Number.POSITIVE_INFINITY,
      capacityBitsPerSecond: new Map([
        ['edge', 1e9],
        ['left', 10e6],
        ['right', 5e6],
      ]),
      links: (source, receiver) =>
        sideOf(source) === sideOf(receiver)
          ? []
          : [sideOf(source) === 'edge' ? 'edge' : '', sideOf(receiver)],
    };
    const receivers = [...left, ...right];
    const problem = { sizeBytes: 10e6, seeds: ['edge'], relays: receivers, receivers, phases: [phase] };
    expect(await fluidBoundSeconds({ ...problem, regions: [left, right] })).toBeCloseTo(16, 6);
  });

  it('is infinite for a receiver that no packet reaches', async () => {
    const shape = { serverUp: 8e6, peers: [{ up: 1e6, down: 1e6 }] };
    const cut: FluidPhase = { ...starPhase(shape), links: () => undefined };
    expect(await fluidBoundSeconds(starProblem(shape, 1e6, [cut]))).toBe(Number.POSITIVE_INFINITY);
  });
});
