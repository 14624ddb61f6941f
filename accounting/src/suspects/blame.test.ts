import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blame, type Meeting } from './blame.js';

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const met = (one: string, other: string, differs: Meeting['differs'] = 'never'): Meeting => ({
  one,
  other,
  differs,
});
const guiltyOf = (meetings: readonly Meeting[]): string[] =>
  blame(meetings)
    .filter(({ isGuilty }) => isGuilty)
    .map(({ agent }) => agent)
    .sort();
/** Honest agents that all met each other, which gives them a good standing. */
const circle = (agents: readonly string[]): Meeting[] =>
  agents.flatMap((one, index) => agents.slice(index + 1).map((other) => met(one, other)));

describe('blame for disputes', () => {
  it('is of who differs with three in good standing, and not with two', () => {
    const honest = names('h', 5);
    const lies = honest.map((one) => met('liar', one, 'words'));
    expect(guiltyOf([...circle(honest), ...lies.slice(0, 2)])).toEqual([]);
    expect(guiltyOf([...circle(honest), ...lies.slice(0, 3)])).toEqual(['liar']);
    const [liar] = blame([...circle(honest), ...lies]).filter(({ isGuilty }) => isGuilty);
    expect(liar).toMatchObject({ agent: 'liar', disputed: 5, settled: 0, witnesses: honest });
  });

  it('is of silence where it is with most, since lines break', () => {
    const honest = names('h', 10);
    const silent = (count: number) => [
      ...circle(honest),
      ...honest.map((one, index) => met('agent', one, index < count ? 'silence' : 'never')),
    ];
    expect(guiltyOf(silent(5))).toEqual([]);
    expect(guiltyOf(silent(6))).toEqual(['agent']);
  });

  it('is of silence on three occasions: one crash breaks all channels at once', () => {
    const honest = names('h', 12);
    const brokenAt = (timesMs: readonly number[]) => [
      ...circle(honest),
      ...honest.slice(0, 6).map((one, index) => ({
        ...met('agent', one, 'silence'),
        brokeMs: [timesMs[index % timesMs.length]! + index],
      })),
    ];
    const hourMs = 3_600_000;
    expect(guiltyOf(brokenAt([0]))).toEqual([]);
    expect(guiltyOf(brokenAt([0, hourMs]))).toEqual([]);
    expect(guiltyOf(brokenAt([0, hourMs, 2 * hourMs]))).toEqual(['agent']);
  });

  it('hears who differed with liars alone again, once those are found', () => {
    const honest = names('h', 6);
    const liars = names('l', 4);
    const lonely = [met('lonely', honest[0]!), met('lonely', honest[1]!)];
    // Before the liars are found, `lonely` has fewer that agree with it than differ.
    const meetings = [
      ...circle(honest),
      ...lonely,
      met('lonely', 'l0', 'words'),
      met('lonely', 'l1', 'words'),
      ...liars.flatMap((liar) => honest.slice(0, 4).map((one) => met(liar, one, 'words'))),
      ...[honest[4]!, honest[5]!, 'lonely'].map((one) => met('last', one, 'words')),
    ];
    expect(guiltyOf(meetings)).toEqual([...liars, 'last'].sort());
  });

  it('hears neither who is guilty, however many agree with it, nor who has no standing', () => {
    const honest = names('h', 8);
    const liars = names('l', 3);
    const friends = names('f', 8);
    const meetings = [
      ...circle(honest),
      ...liars.flatMap((liar) => [
        ...friends.map((friend) => met(liar, friend)),
        ...honest.slice(0, 4).map((one) => met(liar, one, 'words')),
        met(liar, 'victim', 'words'),
      ]),
    ];
    expect(guiltyOf(meetings)).toEqual(liars);
    const two = [...circle(honest), ...['h0', 'h1', 'loner'].map((one) => met('accused', one, 'words'))];
    expect(guiltyOf(two)).toEqual([]);
    expect(guiltyOf([...two, met('accused', 'h2', 'words')])).toEqual(['accused']);
  });

  it('does not count what is from before a release against who was released', () => {
    const honest = names('h', 4);
    const lies = honest.map((one) => ({ ...met('liar', one, 'words'), forgiven: ['liar'] }));
    expect(guiltyOf([...circle(honest), ...lies])).toEqual([]);
    expect(
      guiltyOf([...circle(honest), ...honest.slice(0, 3).map((one) => met('liar', one, 'words'))]),
    ).toEqual(['liar']);
  });

  it('never is of an honest agent that met liars, however many, who are not in good standing', () => {
    const cases = fc.record({
      liars: fc.integer({ min: 1, max: 40 }),
      friends: fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 20 }),
      kinds: fc.array(fc.constantFrom('words' as const, 'silence' as const), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(cases, ({ liars, friends, kinds }) => {
        // A liar may be settled with some, but differs with as many: never more settled than disputed.
        const meetings = names('l', liars).flatMap((liar, index) => [
          met('honest', liar, kinds[index % kinds.length]),
          ...friends.filter((one) => one === index).map(() => met(liar, `friend${index}`)),
        ]);
        expect(guiltyOf(meetings)).not.toContain('honest');
      }),
    );
  });

  it('finds every liar that always lies and nobody else, where honest agents are most', () => {
    const cases = fc.record({
      honest: fc.integer({ min: 10, max: 24 }),
      liars: fc.integer({ min: 1, max: 7 }),
      seed: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
    });
    fc.assert(
      fc.property(cases, ({ honest, liars, seed }) => {
        const [good, bad] = [names('h', honest), names('l', Math.min(liars, Math.floor(honest * 0.4)))];
        const draw = (): number => seed.next().value as number;
        const victims = bad.flatMap((liar) => {
          const first = Math.floor(draw() * honest);
          return [0, 1, 2].map((step) =>
            met(liar, good[(first + step) % honest]!, draw() < 0.5 ? 'words' : 'silence'),
          );
        });
        // Two others that vouch for one are fewer than the three that it is silent with.
        const among = bad.slice(1, 3).map((liar) => met(bad[0]!, liar, draw() < 0.5 ? 'words' : 'never'));
        const meetings = [...circle(good), ...victims, ...among];
        const order = meetings
          .map((meeting) => ({ meeting, at: draw() }))
          .sort((one, other) => one.at - other.at);
        expect(guiltyOf(order.map(({ meeting }) => meeting))).toEqual([...bad].sort());
      }),
      { numRuns: 300 },
    );
  });
});
