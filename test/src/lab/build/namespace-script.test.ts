import { expect, test } from 'vitest';
import { internet } from '../internet.js';
import { namespaceScript } from './namespace-script.js';

test.each([
  ['a subscriber', 'sp1-s1'],
  ['a home gateway whose ports nobody can foresee', 'sp3-n2-home'],
  ['a home gateway that answers probes', 'sp1-n1-home'],
  ['a switch with lines of subscribers', 'sp3-sw2'],
  ['a border router with counters', 'sp3-cr1'],
])('%s', (_, node) => {
  expect(namespaceScript(internet, node, [])).toMatchSnapshot();
});
