import { decodeFrame, encodeFrame, type Frame, FrameError, type Hello } from '@fairhop/shared/wire';
import fc from 'fast-check';
import { mutateBytes, mutateJson } from './mutate.js';
import { createRandom } from './random.js';
import { codeOf, type FuzzTarget, type Tally } from './target.js';

const INPUTS = 1_000;

const u32 = fc.nat({ max: 0xffff_ffff });
const hello: fc.Arbitrary<Hello> = fc.record({
  version: fc.constant(1 as const),
  agent: fc.constant('A'.repeat(43)),
  grantId: fc.uuid(),
  role: fc.constant('downloader' as const),
  grant: fc.constant('a.b.c'),
  observedAddress: fc.ipV4(),
  signature: fc.constant('A'.repeat(86)),
});

/** Right frames, from which wrong ones are made. */
const rightFrame: fc.Arbitrary<Frame> = fc.oneof(
  hello.map((value): Frame => ({ type: 'hello', hello: value })),
  fc
    .array(fc.nat({ max: 65_535 }), { minLength: 1, maxLength: 40 })
    .map((pieces): Frame => ({ type: 'have', pieces })),
  fc.nat({ max: 64 }).map(
    (count): Frame => ({
      type: 'bitfield',
      pieceCount: 8 * (count + 1),
      bits: new Uint8Array(count + 1),
    }),
  ),
  fc
    .record({ requestId: u32, piece: fc.nat({ max: 4 }), length: fc.integer({ min: 1, max: 0x10_0000 }) })
    .map((request): Frame => ({ type: 'request', offset: 0, ...request })),
  u32.map((requestId): Frame => ({ type: 'cancel', requestId })),
  u32.map((requestId): Frame => ({ type: 'reject', requestId, reason: 'busy' })),
  fc
    .record({ requestId: u32, piece: fc.nat({ max: 4 }), offset: fc.nat({ max: 0x4_0000 }) })
    .chain((data) =>
      fc
        .uint8Array({ minLength: 1, maxLength: 64 })
        .map((bytes): Frame => ({ type: 'data', ...data, bytes })),
    ),
  fc.string({ maxLength: 60 }).map((text): Frame => ({ type: 'goodbye', reason: 'done', text })),
);

/** What may arrive on a channel: frames cut, changed and made up. */
export function wrongMessages(seed: number, count: number): Uint8Array[] {
  const random = createRandom(seed);
  const right = fc.sample(rightFrame, { seed, numRuns: Math.ceil(count / 8) });
  const strange = fc.sample(fc.anything({ maxDepth: 2 }), { seed, numRuns: 20 });
  return Array.from({ length: count }, () => {
    const frame = random.pick(right);
    const kind = random.below(10);
    if (kind === 0) return Uint8Array.of(random.below(12), ...random.bytes(random.below(40)));
    if (kind === 1) return new Uint8Array(random.pick([0, 65_535, 65_536, 200_000])).fill(random.below(12));
    if (frame.type === 'hello' && kind < 7) {
      return Buffer.concat([Uint8Array.of(1), Buffer.from(json(mutateJson(frame.hello, random, strange)))]);
    }
    return mutateBytes(encodeFrame(frame), random);
  });
}

const json = (value: unknown): string => {
  try {
    return JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? '';
  } catch {
    return '{';
  }
};

function feed(message: Uint8Array, tally: Tally): void {
  let frame: Frame;
  try {
    frame = decodeFrame(message);
  } catch (error) {
    if (error instanceof FrameError) tally.refused(codeOf(error));
    else tally.crashed(error, Buffer.from(message.subarray(0, 200)).toString('hex'));
    return;
  }
  // One encoding for each frame, but for the JSON of a hello: else two peers could read two things.
  const isSame = frame.type === 'hello' || Buffer.compare(encodeFrame(frame), message) === 0;
  if (isSame) tally.accepted();
  else tally.crashed(new Error('has a second encoding'), Buffer.from(message).toString('hex'));
}

/** `decodeFrame`: everything that comes over a data channel goes through it first. */
export const frames: FuzzTarget = {
  name: 'frames',
  sharePercent: 42,
  open: async () => ({
    async round(seed, tally) {
      for (const message of wrongMessages(seed, INPUTS)) feed(message, tally);
    },
    close: async () => undefined,
  }),
};
