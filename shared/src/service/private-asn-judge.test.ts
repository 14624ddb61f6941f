import { expect, it } from 'vitest';
import { createPrivateAsnJudge } from './private-asn-judge.js';

it('gives one answer until changes are asked for, and tells which files they are about', () => {
  const allowed = new Set([64_512]);
  const judge = createPrivateAsnJudge((asn) => allowed.has(asn));
  const [first, second] = [judge.ofFile(), judge.ofFile()];
  expect([first.allow(64_512), first.allow(64_513)]).toEqual([true, false]);
  allowed.add(64_513);
  // Amid the reading: the first file is not forgotten.
  expect(second.allow(64_513)).toBe(false);
  const changed = judge.changed();
  expect([...changed]).toEqual([64_513]);
  expect([first, second, judge.ofFile()].map((file) => file.isStale(changed))).toEqual([true, true, false]);
  expect(judge.ofFile().allow(64_513)).toBe(true);
  expect(judge.changed().size).toBe(0);
});

it('keeps no more ASes than a network has, and goes on judging others', () => {
  let remainder = 0;
  const judge = createPrivateAsnJudge((asn) => asn % 2 === remainder);
  const file = judge.ofFile();
  for (let asn = 4_200_000_000; asn < 4_200_010_000; asn += 1) expect(file.allow(asn)).toBe(asn % 2 === 0);
  remainder = 1;
  expect(judge.changed().size).toBe(1_024);
});
