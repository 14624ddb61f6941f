import { expect, it } from 'vitest';
import { atOnce } from '../networks/steps.js';
import { communitiesOf } from './communities.js';
import { type Meeting, partiesOf } from './meetings.js';

const pairs = (agents: string, differs: Meeting['differs'] = 'never'): Meeting[] =>
  agents.split(' ').map((pair) => ({ one: pair[0]!, other: pair[1]!, differs }));
const communities = (meetings: readonly Meeting[], out = ''): string[] =>
  atOnce(communitiesOf(atOnce(partiesOf(meetings)), (agent) => out.includes(agent))).map((members) =>
    [...members].sort().join(''),
  );

it('parts agents by whom they agree with, and leaves out who is out or agrees with nobody', () => {
  const meetings = [...pairs('ab bc xy'), ...pairs('cx zx', 'silence')];
  expect(communities(meetings).sort()).toEqual(['abc', 'xy']);
  expect(communities(meetings, 'b').sort()).toEqual(['xy']);
});

it('leaves out who differs with as many of them as it agrees with, in any order', () => {
  const many = pairs('ab bc cd de ef fa ac bd ce df');
  const few = pairs('xy xz xw yz yw zw');
  const lies = pairs('xb xc xd yb yc yd zb zc zd wb wc wd', 'words');
  expect(communities([...pairs('xa'), ...few, ...many, ...lies])).toContain('abcdef');
});

it('leaves out in the end who was among them until those came that it differs with', () => {
  const meetings = [
    ...pairs('ab bc ca da db ea eb fa fb xa xb'),
    ...pairs('xd xe xf dy dz ey ez fy fz', 'words'),
  ];
  expect(communities(meetings)).toEqual(['abcdef']);
  expect(communities(meetings.toReversed())).toEqual(['abcdef']);
});
