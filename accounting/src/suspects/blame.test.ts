import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../networks/steps.js';
import { blame } from './blame.js';
import type { Meeting } from './meetings.js';

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const met = (one: string, other: string, differs: Meeting['differs'] = 'never'): Meeting => ({
  one,
  other,
  differs,
});
const guiltyOf = (meetings: readonly Meeting[], known?: Parameters<typeof blame>[1]): string[] =>
  atOnce(blame(meetings, known))
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
    const [liar] = atOnce(blame([...circle(honest), ...lies])).filter(({ isGuilty }) => isGuilty);
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
        // Those that vouch for it may be more than the three that it is silent with, and vouch for one another too.
        const isClique = draw() < 0.5;
        const among = bad.flatMap((one, index) =>
          isClique || index === 0
            ? bad.slice(index + 1).map((other) => met(one, other, draw() < 0.2 ? 'words' : 'never'))
            : [],
        );
        const meetings = [...circle(good), ...victims, ...among];
        const order = meetings
          .map((meeting) => ({ meeting, at: draw() }))
          .sort((one, other) => one.at - other.at);
        expect(guiltyOf(order.map(({ meeting }) => meeting))).toEqual([...bad].sort());
      }),
      { numRuns: 300 },
    );
  });

  it('finds liars who agree with each other alone, and nobody else, where the lot brings all together', () => {
    const cases = fc.record({
      honest: fc.integer({ min: 20, max: 60 }),
      share: fc.double({ min: 0.05, max: 0.4, noNaN: true }),
      met: fc.integer({ min: 6, max: 12 }),
      lot: fc.infiniteStream(fc.noShrink(fc.noBias(fc.integer({ min: 0, max: 999_999 })))),
    });
    fc.assert(
      fc.property(cases, ({ honest, share, met: count, lot }) => {
        const draw = (): number => (lot.next().value as number) / 1_000_000;
        const [good, bad] = [names('h', honest), names('l', Math.floor(honest * share))];
        const all = [...good, ...bad];
        const isLiar = (agent: string): boolean => agent.startsWith('l');
        const meetings = new Map<string, Meeting>();
        const breaks = new Map<string, number>();
        const meet = (one: string, other: string): void => {
          const pair = [one, other].sort().join(' ');
          if (one === other || meetings.has(pair)) return;
          const liars = [one, other].filter(isLiar).length;
          // Of honest ones a line breaks now and then, but of none so often that it is guilty by the rules.
          const mayBreak = liars === 0 && [one, other].every((agent) => (breaks.get(agent) ?? 0) < 2);
          const isBreak = mayBreak && draw() < 0.03;
          if (isBreak) for (const agent of [one, other]) breaks.set(agent, (breaks.get(agent) ?? 0) + 1);
          const differs = liars === 1 || isBreak ? (isBreak || draw() < 0.7 ? 'silence' : 'words') : 'never';
          meetings.set(pair, met(one, other, differs));
        };
        for (const one of all)
          for (let times = 0; times < count; times += 1) meet(one, all[Math.floor(draw() * all.length)]!);
        for (const one of bad) for (const other of bad) meet(one, other);
        const guilty = guiltyOf([...meetings.values()]);
        expect(guilty.filter((agent) => !isLiar(agent))).toEqual([]);
        // A witness or two may have no standing yet.
        const toHonest = (liar: string) =>
          [...meetings.values()].filter(
            ({ one, other, differs }) => [one, other].includes(liar) && differs !== 'never',
          ).length;
        expect(bad.filter((liar) => toHonest(liar) >= 5 && !guilty.includes(liar))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('never is of one of many on the word of few that agree with each other alone, however many keys they have', () => {
    const honest = names('h', 20);
    const liars = names('l', 8);
    const frame = (victims: readonly string[], differs: Meeting['differs'], others = liars) => [
      ...circle(honest),
      ...circle(others),
      ...victims.flatMap((victim) => others.map((liar) => met(victim, liar, differs))),
    ];
    expect(guiltyOf(frame(['h0'], 'words'))).toEqual([]);
    expect(guiltyOf(frame(['h0', 'h1'], 'words'))).toEqual([]);
    // From the third on each of them has three against it.
    expect(guiltyOf(frame(['h0', 'h1', 'h2'], 'words'))).toEqual(liars);
    expect(guiltyOf(frame(['h0', 'h1', 'h2'], 'silence'))).toEqual(liars);
    const keys = names('k', 30);
    const addressOf = (agent: string) =>
      agent.startsWith('k') ? `127.1.0.${keys.indexOf(agent) % 9}` : agent;
    expect(guiltyOf(frame(['h0'], 'words', keys), { addressOf })).toEqual([]);
    expect(guiltyOf(frame(['h0', 'h1', 'h2'], 'silence', keys), { addressOf })).toEqual([...keys].sort());
    // The bound: with half as many addresses as all others, they are heard like anybody.
    expect(guiltyOf(frame(['h0'], 'words', names('l', 10)))).toEqual(['h0']);
  });

  it('is of liars who agree with one honest agent too, by which they would be among the many', () => {
    const honest = names('h', 30);
    const liars = names('l', 8);
    const ring = honest.flatMap((one, index) => [1, 2].map((step) => met(one, honest[(index + step) % 30]!)));
    const lies = liars.flatMap((liar, index) =>
      [0, 1, 2].map((step) => met(liar, honest[3 * index + step + 4]!, 'silence')),
    );
    const meetings = [met('l0', 'h0'), ...circle(liars), ...ring, ...lies];
    expect(guiltyOf(meetings)).toEqual(liars);
    expect(guiltyOf(meetings.toReversed())).toEqual(liars);
    const framed = liars.flatMap((liar) => honest.slice(6, 9).map((victim) => met(liar, victim, 'words')));
    expect(guiltyOf([met('l0', 'h0'), ...circle(liars), ...ring, ...framed])).toEqual(liars);
  });

  it('is not of silence between two communities of like size, nor where as many vouch who lied to nobody', () => {
    const [one, other] = [names('a', 9), names('b', 7)];
    const badLine = one
      .slice(0, 4)
      .flatMap((left) => other.slice(0, 4).map((right) => met(left, right, 'silence')));
    expect(guiltyOf([...circle(one), ...circle(other), ...badLine])).toEqual([]);
    const small = other.slice(0, 4);
    expect(guiltyOf([...circle(one), ...circle(small), ...badLine])).toEqual(small);
    const silent = (friends: number) => [
      ...circle(one),
      ...one.slice(0, 3).map((witness) => met('silent', witness, 'silence')),
      ...names('f', friends).map((friend) => met('silent', friend)),
    ];
    expect(guiltyOf(silent(2))).toEqual(['silent']);
    expect(guiltyOf(silent(3))).toEqual([]);
  });
});
