import { expect, test } from 'vitest';
import { internet } from '../internet.js';
import { birdConfig } from './bird-config.js';

const files = { log: '/lab/bird/router.log', dumps: '/lab/rib/router' };

test('a border router with a provider, a peer, members of an exchange and a neighbour that takes all ways', () => {
  expect(birdConfig(internet, 'sp2-br1', files)).toMatchSnapshot();
});

test('an access router that takes all ways', () => {
  expect(birdConfig(internet, 'sp2-bas1', files)).toMatchSnapshot();
});

test('only customers are told what peers and providers said', () => {
  const sessions = (router: string) =>
    new Map(
      birdConfig(internet, router, files)
        .split("protocol bgp '")
        .map((session) => [session.split("'")[0], /export where (.+);/.exec(session)?.[1]]),
    );
  const north = sessions('north-cr2');
  expect(north.get('owner-north')).toBe('source = RTS_BGP || source = RTS_STATIC');
  expect(north.get('north-south')).toBe('source = RTS_STATIC || (64496, 1, 1) ~ bgp_large_community');
  expect(sessions('owner-cr1').get('owner-north')).toBe(
    'source = RTS_STATIC || (64510, 1, 1) ~ bgp_large_community',
  );
});

test('a route change is another preference at one session', () => {
  const [change] = internet.events.routeChanges;
  const { router, peering, localPreference } = change!;
  const before = birdConfig(internet, router, files).split('\n');
  const after = birdConfig(internet, router, files, new Map([[peering, localPreference]])).split('\n');
  const changed = after.filter((line, index) => line !== before[index]);
  expect(after).toHaveLength(before.length);
  expect(changed.map((line) => line.trim())).toEqual([`bgp_local_pref = ${localPreference};`]);
});
