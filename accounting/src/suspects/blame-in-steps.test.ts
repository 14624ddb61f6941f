import fc from 'fast-check';
import { expect, it } from 'vitest';
import { atOnce } from '../networks/steps.js';
import { blame, type Known } from './blame.js';
import { disputedOf, doubtedOf, type Meeting, type Party, partiesOf } from './meetings.js';
import { sidesOf } from './sides.js';

/** The same rules, with everybody looked at anew after each who is found. */
function blamePlainly(meetings: readonly Meeting[], known: Required<Known>) {
  const parties = atOnce(partiesOf(meetings));
  const guilty = new Map<string, { witnesses: string[]; independent: number }>();
  const isGuilty = (agent: string): boolean => guilty.has(agent) || known.isGuilty(agent);
  const sides = () => atOnce(sidesOf(parties, isGuilty, known.addressOf));
  let { largest, small, shields } = sides();
  const counts = (agent: string): boolean => !isGuilty(agent) && !shields.has(agent);
  const countOf = (agents: Iterable<string>): number => [...agents].filter(counts).length;
  const isGood = (agent: string): boolean => {
    const party = parties.get(agent)!;
    return counts(agent) && countOf(party.settled) > countOf(doubtedOf(party));
  };
  const judge = (agent: string, party: Party) => {
    const isHeard = (other: string): boolean =>
      (counts(other) && known.isTrusted(other)) ||
      (isGood(other) && !(largest.has(agent) && small.has(other)));
    const heard = (agents: Iterable<string>): string[] =>
      [...agents].filter(
        (other) => !party.forgiven.has(other) && !party.cleared.has(other) && isHeard(other),
      );
    const [words, silence] = [heard(party.words), heard(party.silence)];
    const times = silence.flatMap((other) => party.breaks.get(other) ?? []).sort((one, other) => one - other);
    const apart = times.filter((timeMs, index) => index === 0 || timeMs - times[index - 1]! > 300_000);
    const untold = silence.filter((other) => !party.breaks.has(other));
    const independent = words.length + apart.length + untold.length;
    const isSilent = words.length + silence.length > countOf(party.settled) && independent >= 3;
    return { witnesses: isSilent ? [...words, ...silence] : words, independent };
  };
  const worst = () =>
    [...parties]
      .filter(([agent]) => !guilty.has(agent))
      .map(([agent, party]) => {
        const found = judge(agent, party);
        const { length } = found.witnesses;
        return { agent, found, length, share: length / (length + party.settled.size) };
      })
      .filter(({ length }) => length >= 3)
      .sort(
        (one, other) =>
          other.length - one.length || other.share - one.share || (one.agent < other.agent ? -1 : 1),
      )[0];
  for (let judged = -1; judged < guilty.size; ) {
    judged = guilty.size;
    for (let found = worst(); found !== undefined; found = worst()) guilty.set(found.agent, found.found);
    if (guilty.size > judged) ({ largest, small, shields } = sides());
  }
  return [...parties].map(([agent, party]) => ({
    agent,
    isGuilty: guilty.has(agent),
    disputed: disputedOf(party).length,
    settled: party.settled.size,
    witnesses: guilty.get(agent)?.witnesses ?? [],
    independent: (guilty.get(agent) ?? judge(agent, party)).independent,
    isTrusted: isGood(agent) && !small.has(agent),
  }));
}

it('does not look at everybody anew for each of very many who are found', () => {
  const honest = Array.from({ length: 40 }, (_, index) => `h${index}`);
  const liars = Array.from({ length: 400 }, (_, index) => `l${index}`);
  const meetings: Meeting[] = [
    ...honest.flatMap((one, index) =>
      honest.slice(index + 1).map((other): Meeting => ({ one, other, differs: 'never' })),
    ),
    ...liars.flatMap((one, index) =>
      [0, 7, 19].map((step): Meeting => ({ one, other: honest[(index + step) % 40]!, differs: 'words' })),
    ),
  ];
  let asked = 0;
  const isGuilty = (): boolean => {
    asked += 1;
    return false;
  };
  const steps = blame(meetings, { isGuilty });
  let count = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) count += 1;
  expect(step.value.filter((one) => one.isGuilty).map(({ agent }) => agent)).toEqual(liars);
  // So many times of each agent, and of each meeting.
  expect(asked).toBeLessThan(3 * 440);
  expect(count).toBeLessThan(10 * meetings.length);
  expect(count).toBeGreaterThan(meetings.length);
});

it('blames whom the rules blame, by the same witnesses, whatever agents said of each other and is known of them', () => {
  const agents = Array.from({ length: 14 }, (_, index) => `a${index}`);
  const agent = fc.constantFrom(...agents);
  const some = fc.subarray(agents, { maxLength: 4 });
  const minute = fc.integer({ min: 0, max: 40 }).map((minutes) => minutes * 60_000);
  const meeting = fc
    .record({
      one: agent,
      other: agent,
      differs: fc.constantFrom<Meeting['differs'][]>('never', 'never', 'words', 'silence'),
      breaks: fc.option(fc.array(minute, { maxLength: 3 })),
      of: fc.constantFrom('nobody', 'nobody', 'nobody', 'forgiven', 'cleared'),
    })
    .filter(({ one, other }) => one !== other)
    .map(({ one, other, differs, breaks, of }): Meeting => {
      const isSilence = differs === 'silence' && breaks !== null;
      return { one, other, differs, ...(isSilence && { brokeMs: breaks }), [of]: [one] };
    });
  const cases = fc.record({
    meetings: fc.array(meeting, { minLength: 20, maxLength: 90, size: 'max' }),
    guilty: some,
    trusted: some,
    places: fc.integer({ min: 1, max: 20 }),
  });
  let [convicted, silenced] = [0, 0];
  fc.assert(
    fc.property(cases, ({ meetings, guilty, trusted, places }) => {
      const known = {
        isGuilty: (name: string) => guilty.includes(name),
        isTrusted: (name: string) => trusted.includes(name),
        addressOf: (name: string) => String(agents.indexOf(name) % places),
      };
      const standings = atOnce(blame(meetings, known));
      expect(standings).toEqual(blamePlainly(meetings, known));
      convicted += standings.filter(({ isGuilty }) => isGuilty).length;
      silenced += standings.filter(({ isGuilty, witnesses }) => isGuilty && witnesses.length > 3).length;
    }),
    { numRuns: 1_000 },
  );
  // Otherwise nothing was compared.
  expect(convicted).toBeGreaterThan(500);
  expect(silenced).toBeGreaterThan(100);
});
