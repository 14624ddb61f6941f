import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../networks/steps.js';
import type { Difference } from './differences.js';
import { blameByRole, type DifferingTransfer, type SettledPair } from './roles.js';

const HOUR_MS = 3_600_000;
/** When all lines are broken. */
const OUTAGE_MS = 7 * HOUR_MS;
const settled = (uploader: string, downloader: string): SettledPair => ({ uploader, downloader, count: 1 });
const differing = (
  uploader: string,
  downloader: string,
  difference: Difference,
  timeMs = HOUR_MS,
): DifferingTransfer => ({ uploader, downloader, difference, lastMs: timeMs, signedMs: timeMs });
const guiltyOf = (
  agreed: readonly SettledPair[],
  differ: readonly DifferingTransfer[],
  known: Partial<Parameters<typeof blameByRole>[1]> = {},
): string[] => {
  const rest = { isGuilty: () => false, addressOf: (agent: string) => agent, releasedMs: () => 0 };
  const standings = atOnce(blameByRole({ settled: agreed, differing: differ }, { ...rest, ...known }));
  return [...new Set(standings.filter(({ isGuilty }) => isGuilty).map(({ agent }) => agent))].sort();
};
const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
/** Each gets something from each one before it. */
const circle = (agents: readonly string[]): SettledPair[] =>
  agents.flatMap((one, index) => agents.slice(index + 1).map((other) => settled(one, other)));

describe('blame by role', () => {
  const crowd = names('h', 8);
  const victims = names('v', 3);
  // Victims get from two, and give to nobody but the liar, which gives to many.
  const agreed = [
    ...circle(crowd),
    ...victims.flatMap((victim) => [settled('h0', victim), settled('h1', victim)]),
    ...crowd.map((one) => settled('liar', one)),
  ];
  const denied = victims.map((victim) => differing(victim, 'liar', 'denied'));

  it('is of who denies three, however many agree with it as an uploader, and whatever else those three do', () => {
    expect(guiltyOf(agreed, denied.slice(0, 2))).toEqual([]);
    expect(guiltyOf(agreed, denied)).toEqual(['liar']);
  });

  it('is of each of three who deny the same three, whose standing that does not touch', () => {
    const liars = names('l', 3);
    const told = (difference: Difference) =>
      guiltyOf(
        [...circle(crowd), ...circle([...victims, 'v3'])],
        liars.flatMap((liar) => victims.map((victim) => differing(victim, liar, difference))),
      );
    expect(told('denied')).toEqual(liars);
    expect(told('words')).toEqual([]);
  });

  it('hears in no role who is guilty, or agrees with too few in both', () => {
    expect(guiltyOf(agreed, denied, { isGuilty: (agent) => agent === 'v0' })).toEqual([]);
    const lonely = agreed.filter(({ downloader }) => downloader !== 'v0');
    expect(guiltyOf(lonely, denied)).toEqual([]);
  });

  it('hears in no role few that agree with each other alone, against one of many', () => {
    const frame = (liars: readonly string[]) =>
      guiltyOf(
        [...circle(crowd), ...circle(liars)],
        liars.slice(0, 3).map((liar) => differing(liar, 'h7', 'words')),
      );
    expect(frame(names('l', 3))).toEqual([]);
    expect(frame(names('l', 7))).toEqual(['h7']);
  });

  it('never is of who shows receipts that three do not report, however much agrees with those', () => {
    const deniers = names('denies', 3);
    const sent = deniers.flatMap((one) => crowd.map((other) => settled(one, other)));
    const got = (difference: Difference) =>
      guiltyOf(
        [...circle(crowd), ...sent, settled('giver', 'h0')],
        deniers.map((one) => differing('giver', one, difference)),
      );
    expect(got('words')).toEqual(['giver']);
    expect(got('denied')).toEqual([]);
    // Nor beside others that differ: two, and one that agrees with nobody.
    const words = ['h1', 'h2', 'lonely'].map((one) => differing('giver', one, 'words'));
    const others = [...circle(crowd), ...sent, settled('giver', 'h0')];
    expect(guiltyOf(others, [...words, differing('giver', 'denies0', 'denied')])).toEqual([]);
    expect(guiltyOf(others, [...words, differing('giver', 'denies0', 'unconfirmed')])).toEqual(['giver']);
  });

  it('forgives in each role what is from before a release', () => {
    const releasedMs = (agent: string) => (agent === 'liar' ? HOUR_MS : 0);
    expect(guiltyOf(agreed, denied, { releasedMs })).toEqual([]);
  });

  it('finds who denies four of many and blames nobody else, where liars are honest in the other role', () => {
    const cases = fc.record({
      honest: fc.integer({ min: 20, max: 50 }),
      share: fc.double({ min: 0.05, max: 0.3, noNaN: true }),
      times: fc.integer({ min: 5, max: 9 }),
      lot: fc.infiniteStream(fc.noShrink(fc.noBias(fc.integer({ min: 0, max: 999_999 })))),
    });
    fc.assert(
      fc.property(cases, ({ honest, share, times, lot }) => {
        const draw = (): number => (lot.next().value as number) / 1_000_000;
        const all = [...names('h', honest), ...names('denies', Math.ceil(honest * share))];
        const [agree, differ]: [SettledPair[], DifferingTransfer[]] = [[], []];
        const deniedBy = new Map<string, Set<string>>();
        for (const downloader of all)
          for (let count = 0; count < times; count += 1) {
            const uploader = all[Math.floor(draw() * all.length)]!;
            if (uploader === downloader) continue;
            const timeMs = Math.ceil(draw() * 20 + 1) * HOUR_MS;
            if (downloader.startsWith('denies')) {
              differ.push(differing(uploader, downloader, 'denied', timeMs));
              const victimsOf = deniedBy.get(downloader) ?? new Set();
              if (uploader.startsWith('h')) deniedBy.set(downloader, victimsOf.add(uploader));
            } else if (timeMs === OUTAGE_MS)
              differ.push(differing(uploader, downloader, 'unacknowledged', timeMs));
            else agree.push(settled(uploader, downloader));
          }
        const guilty = guiltyOf(agree, differ);
        expect(guilty.filter((agent) => agent.startsWith('h'))).toEqual([]);
        const many = [...deniedBy].filter(([, victimsOf]) => victimsOf.size >= 4).map(([agent]) => agent);
        expect(many.filter((agent) => !guilty.includes(agent))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
