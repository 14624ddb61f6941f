import { expect, it } from 'vitest';
import { createQuarter } from './create-quarter.js';

it('has the same reports, keys and signatures again for the same seed', async () => {
  const size = { transfers: 6, flows: 2 };
  const { told } = await createQuarter(5, size);
  expect((await createQuarter(5, size)).told).toEqual(told);
  expect(told.length).toBeGreaterThan(0);
});
