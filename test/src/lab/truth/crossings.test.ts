import { describe, expect, test } from 'vitest';
import { internet } from '../internet.js';
import { hostOf } from '../internet-model.js';
import { nextCrossing, startOf } from './crossings.js';

describe('where a packet goes', () => {
  test('from a home to its access router', () => {
    const { crossing, next } = startOf(internet, hostOf(internet, 'sp1-n1'), hostOf(internet, 'sp2-s1'));
    expect(next).toEqual({ node: 'sp1-bas1', device: 'ge5-3' });
    expect(crossing.into.address).toBe('198.18.40.9');
  });

  test('between neighbours on one switch past every router', () => {
    const { crossing, next } = startOf(internet, hostOf(internet, 'sp3-s2'), hostOf(internet, 'sp3-n2'));
    expect(next.node).toBe('sp3-n2-home');
    expect(crossing.over).toBe('sp3-sw3');
  });

  test('over the LAN of an exchange to the member with the address', () => {
    const { crossing } = nextCrossing(internet, 'sp3-cr1', 'xe9-0', '198.19.0.2');
    expect(crossing).toEqual({
      into: { node: 'sp2-br1', device: 'xe9-0', address: '198.19.0.2' },
      peering: { name: 'bayx-sp2-sp3', exchange: 'bayx' },
    });
  });

  test('over an internal link with a switch in it', () => {
    const { crossing } = nextCrossing(internet, 'sp3-bas1', 'ge0-1', '198.18.65.2');
    expect(crossing).toEqual({
      into: { node: 'sp3-cr1', device: 'ge0-1', address: '198.18.65.2' },
      internalLink: 'sp3-bas1-cr1',
      over: 'sp3-sw1',
    });
  });

  test('nowhere, said with its name, when nobody has the address', () => {
    expect(() => nextCrossing(internet, 'sp3-cr1', 'xe9-0', '198.19.0.9')).toThrow(/198\.19\.0\.9.*sp3-cr1/);
  });
});
