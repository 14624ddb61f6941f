import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContractChange } from './contracts.js';
import {
  charge,
  FEBRUARY_MS,
  ispOwner,
  JANUARY_MS,
  openTestContracts,
  type TestContracts,
} from './test-support.js';

let test: TestContracts;
beforeEach(() => {
  test = openTestContracts();
  test.kept.fromMs = FEBRUARY_MS;
});
afterEach(() => test.stop());

const owner = 'moviestudio';
const percentile = { plan: { type: 'percentile95', price: '1' } } as const;
const royalty = { plan: { type: 'royalty', pricePerFile: '1' } } as const;
const put = (contract: ContractChange) => () => test.contracts.put('delivery', contract);

describe('terms that begin before the events that are kept', () => {
  it.each([
    ['a title', charge({ owner, enters: 'sp1', title: 'moviestudio/film' }), 'bytes of a title'],
    ['a category', charge({ owner, enters: 'sp1', category: 'video' }), 'bytes of a category'],
    [
      'parts of hours',
      charge({ owner, enters: 'sp1', hours: { from: '18:30', to: '22:00' } }),
      'parts of hours',
    ],
    [
      'a percentile of an owner and networks',
      charge({ owner, enters: 'sp1' }, percentile),
      'a percentile of both',
    ],
    ['files by networks', charge({ owner, enters: 'sp1' }, royalty), 'files by networks'],
  ])('are refused of %s', (_, one, told) => {
    const contract = ispOwner([charge({ owner, leaves: 'sp1' }, { id: 'first' }), one]);
    expect(put(contract)).toThrow(
      expect.objectContaining({
        code: 'events-dropped',
        status: 409,
        message: expect.stringContaining(told),
      }),
    );
    expect(put(contract)).toThrow(
      /before 2027-02-01T00:00:00.000Z are dropped; terms from then on are right/,
    );
    expect(put({ ...contract, fromMs: FEBRUARY_MS })().versions).toHaveLength(1);
  });

  it('are agreed on where hourly sums know what they count', () => {
    const hours = { from: '18:00', to: '22:00' };
    expect(put(ispOwner([charge({ owner, enters: 'sp1', hours })]))().versions).toHaveLength(1);
  });

  it('stay as they are where they were agreed on before', () => {
    const contract = ispOwner([charge({ owner, enters: 'sp1', category: 'video' })]);
    test.kept.fromMs = JANUARY_MS;
    const agreed = put(contract)();
    test.kept.fromMs = FEBRUARY_MS;
    expect(put(contract)()).toEqual(agreed);
  });
});
