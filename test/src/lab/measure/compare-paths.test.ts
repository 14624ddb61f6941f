import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePath } from './compare-paths.js';

/** Routers of AS 2 are those of nobody who declared anything; what is due of the others is named by their own ISPs. */
const truth = [
  ['as:1', true],
  ['switch:s1.example', true],
  ['internal:s1.example>a1.example', true],
  ['router:a1.example', true],
  ['link:as:1>as:2', true],
  ['peering:as:1>as:2/north', true],
  ['as:2', true],
  ['router:b1.example', false],
  ['internal:b1.example>b2.example', false],
  ['router:b2.example', false],
  ['link:as:2>as:3', true],
  ['peering:as:2>as:3/lan', false],
  ['ixp:x', true],
  ['as:3', true],
  ['router:c1.example', true],
  ['isp:one', true],
].map(([component, isDue]) => ({ component: component as string, isDue: isDue as boolean }));
const all = truth.map(({ component }) => component);
const routers = new Set(all.flatMap((id) => (id.startsWith('router:') ? [id.slice('router:'.length)] : [])));
const routerOf = (name: string): string | undefined =>
  name === '198.18.0.1' ? 'b1.example' : routers.has(name) ? name : undefined;
const compare = (components: readonly string[]) => comparePath(truth, components, routerOf);

describe('comparison of a path with the truth', () => {
  it('takes what is not due for no fault where it is not named', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: all.length, maxLength: all.length }), (shown) => {
        const told = truth.filter(({ isDue }, index) => isDue || shown[index]);
        const { isAsPathExact, wrongKinds, due, named, differences } = compare([
          ...told.map(({ component }) => component),
          'place:us/ca',
        ]);
        expect({ isAsPathExact, wrong: wrongKinds.size, differences }).toEqual({
          isAsPathExact: true,
          wrong: 0,
          differences: [],
        });
        expect(named).toEqual(due);
      }),
    );
  });

  it('misses each part that is due, and says which', () => {
    for (const { component } of truth.filter(({ isDue }) => isDue)) {
      const { wrongKinds, due, named, differences } = compare(all.filter((one) => one !== component));
      expect(differences).toContain(`${component} is not named`);
      expect([...wrongKinds]).toEqual([component.split(':')[0]]);
      expect(due.filter((one) => !named.includes(one))).toEqual([component]);
    }
    expect(compare([])).toMatchObject({ isAsPathExact: false, named: [] });
  });

  it('sees two parts that changed places', () => {
    const index = fc.nat({ max: all.length - 1 });
    fc.assert(
      fc.property(index, index, (one, other) => {
        fc.pre(one !== other);
        const components = [...all];
        [components[one], components[other]] = [components[other]!, components[one]!];
        expect(compare(components).differences).not.toEqual([]);
      }),
    );
  });

  it('sees a part of each kind that is not there', () => {
    for (const component of ['switch:s2.example', 'internal:a1.example>s1.example', 'ixp:y', 'isp:two'])
      expect(compare([...all, component]).differences).toEqual([`${component} is not on the way`]);
    expect(compare([...all, 'peering:as:1>as:2/south']).wrongKinds).toContain('peering');
  });

  it('knows a router by its other names and addresses, and in its own AS only', () => {
    const named = (name: string) => all.map((id) => (id === 'router:b1.example' ? `router:${name}` : id));
    expect(compare(named('198.18.0.1')).differences).toEqual([]);
    expect(compare(named('z.example')).differences).toEqual(['router:z.example is no router']);
    expect(compare(['as:1', 'router:b1.example', ...all.slice(1)]).wrongKinds.size).toBeGreaterThan(0);
  });

  it('says which AS path is right', () => {
    expect(compare(all.filter((id) => id !== 'as:2')).differences).toContain(
      'the AS path is 1 2 3, accounting has 1 3',
    );
  });
});
