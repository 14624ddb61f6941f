import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CoordinatorFixture, startCoordinator } from '../test-kit.js';
import { fairhop } from './fixture.js';

let fixture: CoordinatorFixture;
beforeEach(async () => {
  fixture = await startCoordinator();
});
afterEach(() => fixture.stop());

const call = (...argv: string[]) =>
  fairhop('policy', ...argv, '--coordinator', fixture.url, '--token', fixture.coordinator.operatorToken);
const LINK = 'link:as:64501>as:64502';

it('sets policies, lists and shows them, and removes them', async () => {
  expect((await call('list')).out).toBe('there is no policy\n');
  const hours = ['--hours', '18:00-24:00', '--tz', 'Europe/London', '--release', '80%'];
  const set = await call(
    'set',
    'evening',
    '--component',
    LINK,
    '--capacity',
    '30Mbit/s',
    '--category',
    'video',
    ...hours,
  );
  expect(set).toMatchObject({
    exitCode: 0,
    out: `evening is set: 30 Mbit/s over ${LINK}, traffic: category video, hours: 18:00-24:00 Europe/London\n`,
  });
  const listed = await call('list');
  for (const word of ['evening', LINK, 'category video', '30 Mbit/s', 'operator'])
    expect(listed.out).toContain(word);
  const shown = await call('show', 'evening');
  for (const word of ['released below 80 %', 'booked not told by accounting', 'set       operator: '])
    expect(shown.out).toContain(word);
  expect(JSON.parse((await call('show', 'evening', '--json')).out)).toMatchObject({
    ...{ id: 'evening', component: LINK, capacityBitsPerSecond: 30_000_000, releasePercent: 80 },
    ...{ scope: { kind: 'category', category: 'video' }, history: [{ what: 'set', by: 'operator' }] },
  });
  for (const scope of [
    ['--owner', 'studio'],
    ['--title', 'studio/film'],
  ])
    expect(
      (await call('set', 'evening', '--component', 'isp:sp1', '--capacity', '1Gbit/s', ...scope)).exitCode,
    ).toBe(0);
  expect((await call('remove', 'evening')).out).toBe('evening is removed\n');
  expect(await call('show', 'evening')).toMatchObject({
    exitCode: 3,
    error: expect.stringContaining('[policy-unknown]'),
  });
});

it('says plainly what an ISP is not told of one title’s traffic', async () => {
  const { apiKey } = await fixture.client.createIspApiKey({ params: { isp: 'sp1' } });
  const callAsIsp = (...argv: string[]) =>
    fairhop('policy', ...argv, '--coordinator', fixture.url, '--token', apiKey);
  const terms = ['--component', LINK, '--capacity', '30Mbit/s', '--title', 'studio/film'];
  expect((await callAsIsp('set', 'evening', ...terms)).exitCode).toBe(0);
  expect((await callAsIsp('list')).out).toMatch(/evening .* not told +30 Mbit\/s/);
  const shown = (await callAsIsp('show', 'evening')).out;
  expect(shown).toContain('load and counts are not told to ISPs');
  expect(shown).not.toMatch(/null|measured|granted/);
  expect((await call('show', 'evening')).out).toContain('measured 0 bit/s');
});

it('says what is wrong in the words that were typed', async () => {
  const right = { component: LINK, capacity: '30Mbit/s' };
  const set = (changes: Partial<typeof right>, ...more: string[]) => {
    const { component, capacity } = { ...right, ...changes };
    return call('set', 'evening', '--component', component, '--capacity', capacity, ...more);
  };
  const wrong = [
    ['--component', await set({ component: 'place:gb' })],
    ['--component', await set({ component: 'the link' })],
    ['--capacity', await set({ capacity: '0bit/s' })],
    ['--capacity', await set({ capacity: 'much' })],
    ['--time-zone', await set({}, '--hours', '18:00-24:00', '--tz', 'Europe/Atlantis')],
    ['--hours', await set({}, '--hours', '18:00-25:00')],
    ['--hours', await set({}, '--hours', 'evenings')],
    ['--release', await set({}, '--release', '100')],
    ['--title', await set({}, '--owner', 'studio', '--title', 'studio/film')],
  ] as const;
  for (const [name, { exitCode, error }] of wrong)
    expect({ exitCode, error }).toMatchObject({ exitCode: 2, error: expect.stringContaining(name) });
  const unknown = await set({ component: 'as:65000' });
  expect(unknown.error).toMatch(/AS 65000 is not in the AS graph.*\[component-unknown\]/);
});
