import { type ChargedUsage, contractTermsSchema } from '@fairhop/shared/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContractChange } from './contracts.js';
import {
  charge,
  FEBRUARY_MS,
  isp,
  ispOwner,
  JANUARY_MS,
  openTestContracts,
  operator,
  studio,
  type TestContracts,
  terms,
} from './test-support.js';

const toSp1 = { owner: 'moviestudio', destination: 'sp1' };
let test: TestContracts;
beforeEach(() => {
  test = openTestContracts();
});
afterEach(() => test.stop());

const refused = (code: string, change: ContractChange, path: string, message: RegExp, id = 'trial'): void => {
  expect(() => test.contracts.put(id, change)).toThrow(
    expect.objectContaining({
      code,
      status: 400,
      errors: [{ path, message: expect.stringMatching(message) }],
    }),
  );
  expect(test.contracts.list()).toEqual([]);
};
const usage = 'terms.charges.0.usage';

describe('terms that are not right', () => {
  it.each([
    ['currency', { currency: 'EUX' }, /ISO 4217/],
    ['timeZone', { timeZone: 'Europe/Atlantis' }, /IANA time zone/],
  ])('have a %s that does not exist', (field, change, message) => {
    const { error } = contractTermsSchema.safeParse({ ...terms([charge(toSp1)]), ...change });
    expect(error?.issues).toEqual([
      expect.objectContaining({ path: [field], message: expect.stringMatching(message) }),
    ]);
  });

  it.each([
    ['S', '0', /above 0/],
    ['S', '119', /at most 100/],
    ['AE', '19', /0 is right/],
  ] as const)('have tax of category %s with a rate of %s', (category, percent, message) => {
    const change = { terms: terms([charge(toSp1)], { tax: { category, percent } }) };
    refused('tax-invalid', ispOwner([charge(toSp1)], change), 'terms.tax.percent', message);
  });

  it.each<[ChargedUsage]>([
    [{ owner: 'moviestudio', crosses: ['as:64501'] }],
    [{ owner: 'moviestudio', crosses: ['link:as:64501>as:64502', 'link:as:64502>as:64501'] }],
  ])('have a percentile of both directions that are one: %j', (used) => {
    const plan = { type: 'percentile95', price: '1', direction: 'sum' } as const;
    const path = 'terms.charges.0.plan.direction';
    refused('usage-invalid', ispOwner([charge(used, { plan })]), path, /same bytes forward and backward/);
  });

  it('leave units without a price', () => {
    const tiers = [{ upToUnits: '100', price: '0.02' }];
    const plan = { type: 'tiers', mode: 'graduated', tiers } as const;
    const path = 'terms.charges.0.plan.tiers.0.upToUnits';
    refused('rate-plan-invalid', ispOwner([charge(toSp1, { plan })]), path, /null is right/);
  });

  it.each<[string, string, ChargedUsage, string, RegExp]>([
    ['an ISP', 'network-unknown', { ...toSp1, leaves: 'sp9' }, 'leaves', /ISP or as:N/],
    ['an AS', 'network-unknown', { ...toSp1, source: 'as:64999' }, 'source', /ISP or as:N/],
    ['a router', 'component-unknown', { ...toSp1, crosses: ['router:r9'] }, 'crosses.0', /declared topology/],
    ['a link', 'component-unknown', { ...toSp1, crosses: ['link:as:64501>as:9'] }, 'crosses.0', /AS graph/],
    ['a place', 'usage-invalid', { ...toSp1, crosses: ['place:us'] }, 'crosses.0', /bills nothing/],
    ['what is no network', 'usage-invalid', { ...toSp1, leaves: 'a b' }, 'leaves', /must be an ISP id/],
    ['what is no title', 'usage-invalid', { ...toSp1, title: 'film' }, 'title', /owner\/name/],
    [
      'another’s title',
      'usage-invalid',
      { ...toSp1, title: 'other/film' },
      'title',
      /no title of moviestudio/,
    ],
  ])('name %s that nobody knows', (_, code, used, field, message) => {
    refused(code, ispOwner([charge(used)]), `${usage}.${field}`, message);
  });

  it('name a charge twice, or by a name that no object can have', () => {
    const twice = ispOwner([charge(toSp1), charge(toSp1)]);
    refused('charge-repeated', twice, 'terms.charges.1.id', /traffic is another/);
    const long = ispOwner([charge(toSp1, { id: 'c'.repeat(40) })]);
    refused('charge-id-too-long', long, 'terms.charges.0.id', /71 characters/, 'a'.repeat(30));
  });
});

describe('parties that are not right', () => {
  it.each([
    ['isp-owner', operator, studio, 'issuer.kind'],
    ['isp-owner', isp('sp1'), operator, 'payer.kind'],
    ['owner-operator', studio, operator, 'issuer.kind'],
    ['isp-isp', isp('sp1'), isp('sp1'), 'payer.id'],
    ['isp-isp', isp('sp1'), studio, 'payer.kind'],
    ['isp-operator', operator, isp('sp1'), 'issuer.kind'],
  ] as const)('%s: %s cannot invoice %s', (kind, issuer, payer, path) => {
    refused('contract-parties-invalid', ispOwner([charge(toSp1)], { kind, issuer, payer }), path, /./);
  });

  it('are unknown, or have no name yet', () => {
    refused('party-unknown', ispOwner([charge(toSp1)], { issuer: isp('sp9') }), 'issuer.id', /AS graph/);
    const payer = { kind: 'owner', id: 'nobody' } as const;
    const change = ispOwner([charge({ ...toSp1, owner: 'nobody' })], { payer });
    refused('party-unnamed', change, 'payer', /put them first, at \/v1\/parties\/owner\/nobody/);
  });

  it('stay the same in all of a contract', () => {
    test.contracts.put('trial', ispOwner([charge(toSp1)]));
    const other = ispOwner([charge({ owner: 'moviestudio', destination: 'sp2' })], { issuer: isp('sp2') });
    expect(() => test.contracts.put('trial', { ...other, fromMs: FEBRUARY_MS })).toThrow(
      /sp1 to moviestudio, not/,
    );
  });
});

describe('what is between the parties', () => {
  const isTaken = (used: ChargedUsage, change: Partial<ContractChange> = {}): boolean => {
    try {
      test.contracts.put('trial', ispOwner([charge(used)], change));
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'charge-not-theirs', status: 400 });
      return false;
    }
  };

  it.each<[ChargedUsage, boolean]>([
    [{ owner: 'moviestudio' }, false],
    [{ destination: 'sp1' }, false],
    [{ owner: 'other', destination: 'sp1' }, false],
    [{ owner: 'moviestudio', destination: 'sp2' }, false],
    [{ owner: 'moviestudio', crosses: ['as:64501', 'as:64502'] }, false],
    [{ title: 'moviestudio/film', destination: 'SP1' }, true],
    [{ owner: 'moviestudio', leaves: 'sp1', enters: 'sp2' }, true],
    [{ owner: 'moviestudio', source: 'as:64501' }, true],
    [
      { owner: 'moviestudio', crosses: ['link:as:64502>as:64501', 'router:core.sp1.example', 'isp:SP1'] },
      true,
    ],
  ])('of an ISP and an owner: %j', (used, isRight) => {
    expect(isTaken(used)).toBe(isRight);
  });

  it('of the operator and an owner is the owner’s content, by whatever way', () => {
    const change = { kind: 'owner-operator', issuer: operator } as const;
    expect([isTaken({}, change), isTaken({ owner: 'moviestudio' }, change)]).toEqual([false, true]);
  });

  it('of two ISPs is what the one who invoices carries, of any owner', () => {
    const change = { kind: 'isp-isp', issuer: isp('sp2'), payer: isp('sp1') } as const;
    expect(isTaken({ leaves: 'sp1' }, change)).toBe(false);
    expect(isTaken({ leaves: 'sp1', enters: 'sp2' }, change)).toBe(true);
  });
});

describe('contracts that overlap', () => {
  const beside = (one: ChargedUsage, other: ChargedUsage, change: Partial<ContractChange> = {}): string => {
    test.contracts.put('first', ispOwner([charge(one)]));
    try {
      test.contracts.put('second', ispOwner([charge(other)], change));
      return 'taken';
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      expect(message).toContain('charge traffic of contract first counts from 2027-01-01');
      return code;
    }
  };
  const owner = 'moviestudio';
  const hours = (from: string, to: string) => ({ ...toSp1, hours: { from, to } });

  it.each<[string, ChargedUsage, ChargedUsage, boolean]>([
    ['the same', toSp1, toSp1, true],
    ['a part', toSp1, { ...toSp1, category: 'film' }, true],
    ['other categories', { ...toSp1, category: 'live' }, { ...toSp1, category: 'film' }, false],
    ['other titles', { ...toSp1, title: `${owner}/a` }, { ...toSp1, title: `${owner}/b` }, false],
    ['an AS of the ISP', toSp1, { owner, destination: 'as:64501' }, true],
    [
      'two directions',
      { owner, leaves: 'sp1', enters: 'sp2' },
      { owner, leaves: 'sp2', enters: 'sp1' },
      false,
    ],
    ['a way that both may take', toSp1, { owner, crosses: ['as:64501'] }, true],
    [
      'two links',
      { owner, crosses: ['link:as:64501>as:64502'] },
      { owner, crosses: ['link:as:64502>as:64501'] },
      false,
    ],
    [
      'a link of an AS',
      { owner, crosses: ['as:64501'] },
      { owner, crosses: ['link:as:64502>as:64501'] },
      true,
    ],
    [
      'what an ISP has',
      { owner, crosses: ['isp:sp1'] },
      { owner, crosses: ['router:core.sp1.example'] },
      true,
    ],
    ['hours that meet', hours('18:00', '00:00'), hours('00:00', '18:00'), false],
    ['hours past midnight', hours('22:00', '06:00'), hours('05:00', '07:00'), true],
    ['all hours', hours('05:00', '05:00'), hours('12:00', '13:00'), true],
  ])('are refused where they count %s: %j and %j', (_, one, other, isSame) => {
    expect(beside(one, other)).toBe(isSame ? 'contract-overlaps' : 'taken');
  });

  it('of both directions overlap with either', () => {
    const both = { plan: { type: 'percentile95', price: '1', direction: 'larger' } } as const;
    const there = { owner, leaves: 'sp1', enters: 'sp2' };
    const back = { owner, leaves: 'sp2', enters: 'sp1' };
    expect(beside(there, {}, { terms: terms([charge(back, both)]) })).toBe('contract-overlaps');
  });

  it('of files and bytes count different things', () => {
    const royalty = charge(toSp1, { plan: { type: 'royalty', pricePerFile: '0.1' } });
    expect(beside(toSp1, {}, { terms: terms([royalty]) })).toBe('taken');
  });

  it('of hours in two zones overlap, since their clocks move', () => {
    const evening = charge(hours('18:00', '00:00'));
    const elsewhere = terms([evening], { timeZone: 'Asia/Kolkata' });
    expect(beside(hours('00:00', '18:00'), {}, { terms: elsewhere })).toBe('contract-overlaps');
  });

  it('may follow one on the other, and are told when they would meet', () => {
    test.contracts.put('first', ispOwner([charge(toSp1)]));
    test.contracts.end('first', FEBRUARY_MS);
    const second = (fromMs: number) => test.contracts.put('second', ispOwner([charge(toSp1)], { fromMs }));
    expect(() => second(JANUARY_MS)).toThrow(
      /contract first counts from 2027-01-01T00:00:00.000Z to 2027-02-01T00:00:00.000Z/,
    );
    expect(second(FEBRUARY_MS).versions).toHaveLength(1);
  });

  it('are seen in a change of terms too', () => {
    test.contracts.put('first', ispOwner([charge({ ...toSp1, category: 'live' })]));
    test.contracts.put('second', ispOwner([charge({ ...toSp1, category: 'film' })]));
    const widened = ispOwner([charge(toSp1)], { fromMs: FEBRUARY_MS });
    expect(() => test.contracts.put('second', widened)).toThrow(
      expect.objectContaining({
        code: 'contract-overlaps',
        status: 409,
        details: { contract: 'first', charge: 'traffic' },
      }),
    );
    expect(test.contracts.get('second').versions).toHaveLength(1);
  });
});
