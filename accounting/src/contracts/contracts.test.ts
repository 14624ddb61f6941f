import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContractChange } from './contracts.js';
import {
  APRIL_MS,
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

const MARCH_MS = Date.UTC(2027, 2, 1);
const toSp1 = { owner: 'moviestudio', destination: 'sp1' };

let test: TestContracts;
beforeEach(() => {
  test = openTestContracts();
});
afterEach(() => test.stop());

const put = (change: ContractChange, id = 'sp1-studio') => test.contracts.put(id, change);
const at = (fromMs: number, price = '0.02') =>
  ispOwner([charge(toSp1, { plan: { type: 'per-unit', price } })], { fromMs });
const refusal = (act: () => unknown): { code: string; status: number; message: string; paths: string[] } => {
  try {
    act();
  } catch (error) {
    const { code, status, message, errors } = error as never as {
      code: string;
      status: number;
      message: string;
      errors?: { path: string }[];
    };
    return { code, status, message, paths: (errors ?? []).map(({ path }) => path) };
  }
  throw new Error('it was not refused');
};

const killed = (): never => {
  throw new Error('killed');
};

describe('a contract', () => {
  it('keeps what was agreed from when to when, over a restart', () => {
    put(ispOwner([charge(toSp1)]));
    const changed = put({ ...at(APRIL_MS), name: 'Renamed' });
    expect(test.versions(changed)).toEqual([
      '1: 2027-01-01T00:00 2027-03-31T23:00',
      '2: 2027-03-31T23:00 open',
    ]);
    expect(changed).toMatchObject({ name: 'Renamed', objects: ['sp1-studio.traffic'] });
    expect(changed.versions[0]).toMatchObject(terms([charge(toSp1)]));
    expect(test.restart().get('sp1-studio')).toEqual(changed);
    expect(put({ ...at(APRIL_MS), name: 'Renamed' })).toEqual(changed);
    expect(put({ ...ispOwner([charge(toSp1)]), name: 'Renamed' })).toEqual(changed);
  });

  it('gives the versions in force within a time, cut to it', () => {
    put(ispOwner([charge(toSp1)]));
    put(at(APRIL_MS));
    test.contracts.end('sp1-studio', APRIL_MS + 3_600_000);
    const spans = (fromMs: number, toMs: number) =>
      test.contracts
        .versionsIn('sp1-studio', fromMs, toMs)
        .map(({ version, ...span }) => [version, span.fromMs, span.toMs]);
    expect(spans(0, JANUARY_MS)).toEqual([]);
    expect(spans(FEBRUARY_MS, MARCH_MS)).toEqual([[1, FEBRUARY_MS, MARCH_MS]]);
    expect(spans(0, 2 * APRIL_MS)).toEqual([
      [1, JANUARY_MS, APRIL_MS],
      [2, APRIL_MS, APRIL_MS + 3_600_000],
    ]);
  });

  it('changes with a period of its zone only, also where clocks have changed', () => {
    put(ispOwner([charge(toSp1)], { fromMs: JANUARY_MS + 86_400_000 }));
    for (const fromMs of [FEBRUARY_MS + 86_400_000, Date.UTC(2027, 3, 1)]) {
      expect(refusal(() => put(at(fromMs)))).toMatchObject({
        code: 'contract-time-invalid',
        status: 400,
        message: expect.stringContaining('within a month of Europe/London'),
        paths: ['fromMs'],
      });
    }
    expect(test.versions(put(at(APRIL_MS)))).toHaveLength(2);
    expect(refusal(() => put(ispOwner([charge(toSp1)], { fromMs: JANUARY_MS + 1 }), 'other')).code).toBe(
      'contract-time-invalid',
    );
  });

  it.each([
    ['currency', { currency: 'USD' }, FEBRUARY_MS, true],
    ['period, where both begin', { period: 'quarter' }, APRIL_MS, true],
    ['period, within the later one', { period: 'quarter' }, FEBRUARY_MS, false],
    ['zone with the same clocks', { timeZone: 'Europe/Dublin' }, FEBRUARY_MS, true],
    ['zone with other clocks', { timeZone: 'America/New_York' }, FEBRUARY_MS, false],
  ] as const)('may have another %s', (_, change, fromMs, isTaken) => {
    put(ispOwner([charge(toSp1)]));
    const changing = () => put({ ...at(fromMs), terms: terms([charge(toSp1)], change) });
    if (isTaken) expect(changing().versions).toHaveLength(2);
    else expect(refusal(changing)).toMatchObject({ code: 'contract-time-invalid', status: 400 });
  });

  it('is agreed on forwards; terms that begin when the last ones do are in their place', () => {
    put(ispOwner([charge(toSp1)]));
    put(at(MARCH_MS));
    expect(refusal(() => put(at(FEBRUARY_MS)))).toMatchObject({
      code: 'contract-version-out-of-order',
      status: 409,
    });
    const corrected = put(at(MARCH_MS, '0.03'));
    expect(test.versions(corrected)).toEqual([
      '1: 2027-01-01T00:00 2027-03-01T00:00',
      '3: 2027-03-01T00:00 open',
    ]);
  });

  it('does not change where it is settled', () => {
    put(ispOwner([charge(toSp1)]));
    test.contracts.noteClosed('sp1-studio', MARCH_MS);
    test.contracts.noteClosed('sp1-studio', FEBRUARY_MS);
    for (const act of [
      () => put(at(FEBRUARY_MS)),
      () => put(at(JANUARY_MS)),
      () => test.contracts.end('sp1-studio', FEBRUARY_MS),
    ])
      expect(refusal(act)).toMatchObject({
        code: 'period-closed',
        status: 409,
        message: expect.stringContaining('2027-03-01'),
      });
    expect(put(at(MARCH_MS)).versions).toHaveLength(2);
  });

  it('ends once, and what was agreed for later never begins', () => {
    put(ispOwner([charge(toSp1)]));
    put(at(APRIL_MS));
    const endMs = FEBRUARY_MS + 86_400_000;
    const ended = test.contracts.end('sp1-studio', endMs);
    expect(test.versions(ended)).toEqual(['1: 2027-01-01T00:00 2027-02-02T00:00']);
    expect(test.contracts.end('sp1-studio', endMs)).toEqual(ended);
    expect(refusal(() => test.contracts.end('sp1-studio', MARCH_MS)).code).toBe('contract-ended');
    expect(refusal(() => put(at(MARCH_MS)))).toMatchObject({ code: 'contract-ended', status: 409 });
    expect(refusal(() => test.contracts.end('none', MARCH_MS))).toMatchObject({
      code: 'contract-unknown',
      status: 404,
    });
  });

  it('cannot end before it begins', () => {
    put(ispOwner([charge(toSp1)]));
    expect(refusal(() => test.contracts.end('sp1-studio', JANUARY_MS))).toMatchObject({
      code: 'contract-time-invalid',
      paths: ['atMs'],
    });
  });

  it('is listed for either party', () => {
    put(ispOwner([charge(toSp1)]));
    const own = ispOwner([charge({ owner: 'moviestudio' })], { kind: 'owner-operator', issuer: operator });
    put(own, 'delivery');
    const ids = (party?: Parameters<typeof test.contracts.list>[0]) =>
      test.contracts.list(party).map(({ id }) => id);
    expect([ids(), ids({ party: isp('sp1') }), ids({ party: studio }), ids({ party: isp('sp2') })]).toEqual([
      ['delivery', 'sp1-studio'],
      ['sp1-studio'],
      ['delivery', 'sp1-studio'],
      [],
    ]);
  });
});

describe('accounting objects of a contract', () => {
  it('come with it, change with its terms and close with it', () => {
    const links = charge(
      { owner: 'moviestudio', crosses: ['router:CORE.sp1.example', 'as:64501'] },
      { id: 'links' },
    );
    put(ispOwner([charge(toSp1), links]));
    expect(test.objects.get('sp1-studio.links').name).toBe('SP1 and MovieStudio: Traffic');
    const crossing = charge({ owner: 'moviestudio', leaves: 'sp1', enters: 'sp2' });
    put(ispOwner([crossing], { fromMs: FEBRUARY_MS }));
    put(ispOwner([crossing, links], { fromMs: MARCH_MS }));
    test.contracts.end('sp1-studio', APRIL_MS);
    expect(test.entities('sp1-studio.traffic')).toEqual([
      'isp:sp1 2027-01-01T00:00 2027-02-01T00:00',
      'link:as:64501>as:64502 2027-02-01T00:00 2027-03-31T23:00',
    ]);
    expect(test.entities('sp1-studio.links')).toEqual([
      'as:64501 2027-01-01T00:00 2027-02-01T00:00',
      'as:64501 2027-03-01T00:00 2027-03-31T23:00',
      'router:core.sp1.example 2027-01-01T00:00 2027-02-01T00:00',
      'router:core.sp1.example 2027-03-01T00:00 2027-03-31T23:00',
    ]);
    expect(test.objects.list().map(({ closedMs }) => closedMs)).toEqual([APRIL_MS, APRIL_MS]);
    const idle = test.restart({ ...test.objects, put: killed, close: killed });
    expect(idle.end('sp1-studio', APRIL_MS).objects).toEqual(['sp1-studio.links', 'sp1-studio.traffic']);
  });

  it('end as if terms that never begin were never agreed', () => {
    put(ispOwner([charge(toSp1)]));
    put(ispOwner([charge({ owner: 'moviestudio', leaves: 'sp1', enters: 'sp2' })], { fromMs: MARCH_MS }));
    put(ispOwner([charge(toSp1, { id: 'other' })], { fromMs: APRIL_MS }));
    test.contracts.end('sp1-studio', FEBRUARY_MS);
    expect(test.entities('sp1-studio.traffic')).toEqual(['isp:sp1 2027-01-01T00:00 2027-02-01T00:00']);
    expect(test.entities('sp1-studio.other')).toEqual([]);
  });

  it('are made after a process ended before it came to them', () => {
    const failing = test.restart({
      ...test.objects,
      put: killed,
    });
    expect(() => failing.put('sp1-studio', ispOwner([charge(toSp1)]))).toThrow('killed');
    expect(() => test.entities('sp1-studio.traffic')).toThrow(/no accounting object/);
    const after = test.restart();
    expect(test.entities('sp1-studio.traffic')).toEqual(['isp:sp1 2027-01-01T00:00 open']);
    expect(after.get('sp1-studio').objects).toEqual(['sp1-studio.traffic']);
  });

  it('may be made twice, where a process ended before it wrote that they are', () => {
    const once = test.restart({
      ...test.objects,
      put: (...change) => {
        test.objects.put(...change);
        return killed();
      },
      close: (...change) => {
        test.objects.close(...change);
        return killed();
      },
    });
    expect(() => once.put('sp1-studio', ispOwner([charge(toSp1)]))).toThrow('killed');
    const after = test.restart();
    after.put('sp1-studio', at(FEBRUARY_MS));
    expect(() => once.end('sp1-studio', MARCH_MS)).toThrow('killed');
    test.restart();
    expect(test.entities('sp1-studio.traffic')).toEqual(['isp:sp1 2027-01-01T00:00 2027-03-01T00:00']);
  });

  describe('when networks change', () => {
    const first = 'link:as:64501>as:64502';
    const second = 'link:as:64501>as:64503';
    const day = (count: number): number => JANUARY_MS + count * 86_400_000;
    const crossing = charge({ owner: 'moviestudio', leaves: 'sp1', enters: 'sp2' });
    const entities = () => test.entities('sp1-studio.traffic');
    const change = (atMs: number, links: string[]): void => {
      test.links.set('sp1 sp2', links);
      test.contracts.networksChanged(atMs);
    };

    it('are carried by the new links from then on, and have no new version where nothing changed for them', () => {
      put(ispOwner([crossing, charge(toSp1, { id: 'other' })]));
      change(day(9), [first, second]);
      expect(entities()).toEqual([
        'link:as:64501>as:64502 2027-01-01T00:00 open',
        'link:as:64501>as:64503 2027-01-10T00:00 open',
      ]);
      change(day(19), [second]);
      const before = entities();
      expect(before).toEqual([
        'link:as:64501>as:64502 2027-01-01T00:00 2027-01-20T00:00',
        'link:as:64501>as:64503 2027-01-10T00:00 open',
      ]);
      expect(test.entities('sp1-studio.other')).toEqual(['isp:sp1 2027-01-01T00:00 open']);
      expect(test.objects.get('sp1-studio.traffic').name).toBe('SP1 and MovieStudio: Traffic');
      // By hand it is something else, until something changes for it.
      test.objects.put('sp1-studio.traffic', { name: 'x', components: ['as:64501'], fromMs: day(20) });
      test.links.set('sp2 sp1', []);
      test.contracts.networksChanged(day(21));
      test.restart().networksChanged(day(22));
      expect(entities()[0]).toBe('as:64501 2027-01-21T00:00 open');
    });

    it('keep what was agreed for later, and what changed before other terms or the end', () => {
      put(ispOwner([crossing]));
      put(ispOwner([charge(toSp1)], { fromMs: FEBRUARY_MS }));
      put(ispOwner([crossing], { fromMs: MARCH_MS }));
      change(day(9), [first, second]);
      expect(entities()).toEqual([
        'isp:sp1 2027-02-01T00:00 2027-03-01T00:00',
        'link:as:64501>as:64502 2027-01-01T00:00 2027-02-01T00:00',
        'link:as:64501>as:64502 2027-03-01T00:00 open',
        'link:as:64501>as:64503 2027-01-10T00:00 2027-02-01T00:00',
        'link:as:64501>as:64503 2027-03-01T00:00 open',
      ]);
      // In February; then it turns out that the contract ended in January, and on the fifth.
      change(FEBRUARY_MS + 86_400_000, [second]);
      test.contracts.end('sp1-studio', day(4));
      expect(entities()).toEqual(['link:as:64501>as:64502 2027-01-01T00:00 2027-01-05T00:00']);
      expect(test.objects.get('sp1-studio.traffic').closedMs).toBe(day(4));
      change(day(90), [first]);
      expect(entities()).toHaveLength(1);
    });

    it('go on as they were with other prices and another name, also from before the change', () => {
      put(ispOwner([crossing]));
      change(day(40), [second]);
      const priced = { ...crossing, plan: { type: 'per-unit', price: '0.03' } as const };
      put(ispOwner([priced], { fromMs: FEBRUARY_MS, name: 'Renamed' }));
      const followed = [
        'link:as:64501>as:64502 2027-01-01T00:00 2027-02-10T00:00',
        'link:as:64501>as:64503 2027-02-10T00:00 open',
      ];
      expect(entities()).toEqual(followed);
      expect(test.objects.get('sp1-studio.traffic').name).toBe('Renamed: Traffic');
      // What it counts is another thing from February on.
      put(ispOwner([charge(toSp1)], { fromMs: FEBRUARY_MS }));
      expect(entities()).toEqual([
        'isp:sp1 2027-02-01T00:00 open',
        'link:as:64501>as:64502 2027-01-01T00:00 2027-02-01T00:00',
      ]);
    });

    it('follow where a process ended before it came to them, and from before this was kept', () => {
      put(ispOwner([crossing]));
      put(ispOwner([charge(toSp1)], { fromMs: MARCH_MS }));
      test.database.exec('UPDATE contract_objects SET said = NULL');
      const failing = test.restart({ ...test.objects, put: killed });
      test.links.set('sp1 sp2', [second]);
      failing.networksChanged(day(9));
      test.restart();
      expect(entities()).toEqual([
        'isp:sp1 2027-03-01T00:00 open',
        'link:as:64501>as:64502 2027-01-01T00:00 2027-01-10T00:00',
        'link:as:64501>as:64503 2027-01-10T00:00 2027-03-01T00:00',
      ]);
    });
  });

  it('are nobody else’s', () => {
    test.objects.put('sp1-studio.traffic', { name: 'by hand', components: [] });
    expect(refusal(() => put(ispOwner([charge(toSp1)])))).toMatchObject({
      code: 'object-taken',
      status: 409,
    });
    expect(test.contracts.list()).toEqual([]);
    put(ispOwner([charge(toSp1, { id: 'b.c' })]), 'a');
    const clash = ispOwner([charge({ ...toSp1, category: 'film' }, { id: 'c' })], { issuer: isp('sp2') });
    expect(
      refusal(() =>
        put(
          { ...clash, terms: terms([charge({ owner: 'moviestudio', enters: 'sp2' }, { id: 'c' })]) },
          'a.b',
        ),
      ).message,
    ).toContain('of contract a');
  });

  it('stay as they are where they were closed by hand', () => {
    put(ispOwner([charge(toSp1)]));
    test.objects.close('sp1-studio.traffic', JANUARY_MS + 86_400_000);
    put(ispOwner([charge({ ...toSp1, enters: 'sp1' })], { fromMs: FEBRUARY_MS }));
    expect(test.objects.get('sp1-studio.traffic').closedMs).toBe(JANUARY_MS + 86_400_000);
  });
});
