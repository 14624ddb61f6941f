import { expect, it } from 'vitest';
import { neighboursIn } from './as-neighbours.js';

it('knows every link of every table in both directions, whether or not it is the commonest way', () => {
  const tables = [
    {
      links: [
        [3000, 2914],
        [2914, 3356],
      ],
    },
    { links: [[3356, 9000]] },
  ] as { links: [number, number][] }[];
  const of = (asn: number) => [...(neighboursIn(tables, asn) ?? [])].sort((left, right) => left - right);
  expect([of(3000), of(2914), of(3356), of(9000)]).toEqual([[2914], [3000, 3356], [2914, 9000], [3356]]);
  expect(neighboursIn(tables, 64500)).toBeUndefined();
});
