import type { Agreement, PermitClaims } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePermit, type PermitInput } from './decide-permit.js';

const nowMs = Date.parse('2026-08-10T12:00Z');
const day = 24 * 3_600_000;
const agent = `${'a'.repeat(42)}A`;

const agreement = (changes: Partial<Agreement> = {}): Agreement => ({
  id: 'homes',
  isp: 'sp1',
  networks: ['127.1.0.0/16'],
  validFromMs: nowMs - day,
  validUntilMs: nowMs + 10 * day,
  ...changes,
});

const claims = (changes: Partial<PermitClaims> = {}): PermitClaims => ({
  jti: 'p1',
  iss: 'sp1',
  aud: 'coordinator',
  sub: agent,
  nbf: nowMs / 1000 - 60,
  exp: nowMs / 1000 + 3600,
  terms: { networks: ['127.1.0.0/16'] },
  ...changes,
});

const input = (changes: Partial<PermitInput> = {}): PermitInput => ({
  agreements: [agreement()],
  agent,
  address: '127.1.0.5',
  isp: 'sp1',
  coordinator: 'coordinator',
  networksOfIsp: () => true,
  nowMs,
  usage: () => ({ agentBytes: 0, totalBytes: 0 }),
  ...changes,
});

describe('decidePermit', () => {
  it('gives a permit by agreement, with its terms and until when', () => {
    const { id: _id, isp: _isp, ...terms } = agreement();
    expect(decidePermit(input({ agreements: [agreement({ monthlyBytesTotal: 9 })] }))).toEqual({
      permit: { id: 'sp1/homes', isp: 'sp1', agent, source: 'agreement', terms },
      code: 'permitted',
      reason: 'agreement homes of sp1 permits uploads until 2026-08-20T12:00:00.000Z',
      holdsUntilMs: nowMs + day,
      monthlyBytesTotal: 9,
    });
  });

  it.each([
    ['no-isp', {}, { isp: null }, 'no ISP', day],
    ['no-agreement', { isp: 'sp2' }, {}, 'sp1 permits no uploads', day],
    ['withdrawn', { withdrawnMs: nowMs - 1 }, {}, '2026-08-10T11:59:59.999Z', day],
    ['outside-networks', { networks: ['127.1.1.0/24'] }, {}, '127.1.1.0/24', day],
    ['expired', { validUntilMs: nowMs }, {}, '2026-08-10T12:00:00.000Z', day],
    ['not-yet-valid', { validFromMs: nowMs + 60_000 }, {}, '2026-08-10T12:01:00.000Z', 60_000],
    [
      'outside-hours',
      { hours: { from: '18:00', to: '06:00', timeZone: 'Europe/London' } },
      {},
      'from 18:00 to 06:00 Europe/London; the next time begins at 2026-08-10T17:00:00.000Z',
      5 * 3_600_000,
    ],
    [
      'monthly-bytes-reached',
      { monthlyBytesPerSubscriber: 100 },
      { usage: () => ({ agentBytes: 100, totalBytes: 100 }) },
      '100 bytes a month, which you uploaded; it goes on at 2026-09-01T00:00:00.000Z',
      day,
    ],
    [
      'monthly-bytes-reached',
      { monthlyBytesTotal: 500 },
      { usage: () => ({ agentBytes: 1, totalBytes: 500 }) },
      'all its subscribers together',
      day,
    ],
  ] as const)('says %s, which limit bites and when it ends', (code, change, changes, text, holdsMs) => {
    const verdict = decidePermit(
      input({ agreements: [agreement(change as Partial<Agreement>)], ...(changes as Partial<PermitInput>) }),
    );
    expect(verdict).toMatchObject({ permit: null, code, holdsUntilMs: nowMs + holdsMs });
    expect(verdict.reason).toContain(text);
  });

  it('tells of several agreements the one that comes into force first', () => {
    const agreements = [
      agreement({ id: 'over', validUntilMs: nowMs - 1 }),
      agreement({ id: 'later', validFromMs: nowMs + 5000 }),
      agreement({ id: 'soon', validFromMs: nowMs + 1000 }),
    ];
    const verdict = decidePermit(input({ agreements }));
    expect(verdict).toMatchObject({ code: 'not-yet-valid', holdsUntilMs: nowMs + 1000 });
    expect(verdict.reason).toContain('soon');
  });

  it('takes the agreement with the highest rate, and is asked again when another one begins', () => {
    const agreements = [
      agreement({ id: 'slow', maxRateBitsPerSecond: 1000 }),
      agreement({ id: 'fast', maxRateBitsPerSecond: 2000 }),
      agreement({ id: 'unlimited', validFromMs: nowMs + 1000 }),
    ];
    expect(decidePermit(input({ agreements }))).toMatchObject({
      permit: { id: 'sp1/fast' },
      holdsUntilMs: nowMs + 1000,
    });
    expect(decidePermit(input({ agreements, nowMs: nowMs + 1000 }))).toMatchObject({
      permit: { id: 'sp1/unlimited' },
    });
  });

  it('lets a permit that the ISP signed for this subscriber count before an agreement', () => {
    const verdict = decidePermit(input({ token: { claims: claims() } }));
    expect(verdict.permit).toEqual({
      id: 'sp1:p1',
      isp: 'sp1',
      agent,
      source: 'client',
      terms: {
        networks: ['127.1.0.0/16'],
        validFromMs: nowMs - 60_000,
        validUntilMs: nowMs + 3_600_000,
      },
    });
  });

  it.each([
    ['permit-wrong-isp', { iss: 'sp2' }],
    ['permit-wrong-coordinator', { aud: 'another' }],
    ['permit-wrong-agent', { sub: `${'b'.repeat(42)}A` }],
    ['expired', { exp: nowMs / 1000 }],
    ['not-yet-valid', { nbf: nowMs / 1000 + 1 }],
    ['outside-networks', { terms: { networks: ['127.2.0.0/16'] } }],
  ] as const)('refuses a signed permit with %s, and falls back to an agreement', (code, change) => {
    const token = { claims: claims(change as unknown as Partial<PermitClaims>) };
    expect(decidePermit(input({ agreements: [], token }))).toMatchObject({ permit: null, code });
    expect(decidePermit(input({ token }))).toMatchObject({ permit: { source: 'agreement' } });
  });

  it('refuses a signed permit for networks that are not the ISP’s', () => {
    const verdict = decidePermit(
      input({ agreements: [], token: { claims: claims() }, networksOfIsp: () => false }),
    );
    expect(verdict).toMatchObject({ permit: null, code: 'network-not-of-isp' });
  });

  it('tells why a presented permit is refused even when an agreement holds', () => {
    const token = { code: 'permit-forged', reason: 'your permit is refused: forged' } as const;
    expect(decidePermit(input({ agreements: [], token }))).toMatchObject({ permit: null, ...token });
    const verdict = decidePermit(input({ token }));
    expect(verdict).toMatchObject({ permit: { source: 'agreement' } });
    expect(verdict.reason).toContain('forged');
  });

  it('holds until it says so, and permits only what every limit allows', () => {
    const offset = fc.integer({ min: -40, max: 40 }).map((hours) => nowMs + hours * 3_600_000);
    const hours = fc.option(
      fc.record({
        from: fc.constantFrom('00:00', '06:30', '18:00', '22:15'),
        to: fc.constantFrom('02:00', '06:00', '23:59', '24:00'),
        timeZone: fc.constantFrom('Europe/London', 'Asia/Kathmandu', 'America/New_York'),
      }),
      { nil: undefined },
    );
    const limit = fc.option(fc.constantFrom(0, 5, 10), { nil: undefined });
    const anAgreement = fc
      .record({
        validFromMs: offset,
        validUntilMs: offset,
        withdrawn: fc.boolean(),
        networks: fc.constantFrom(['127.1.0.0/16'], ['127.1.9.0/24']),
        isp: fc.constantFrom('sp1', 'sp2'),
        hours,
        monthlyBytesPerSubscriber: limit,
        monthlyBytesTotal: limit,
      })
      .map(({ withdrawn, ...rest }, index?: number) =>
        agreement({
          ...(Object.fromEntries(
            Object.entries(rest).filter(([, value]) => value !== undefined),
          ) as Partial<Agreement>),
          id: `a${index ?? 0}`,
          ...(withdrawn && { withdrawnMs: nowMs }),
        }),
      );
    fc.assert(
      fc.property(
        fc.array(anAgreement, { maxLength: 4 }),
        fc.record({ agentBytes: fc.constantFrom(0, 5), totalBytes: fc.constantFrom(5, 10) }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (list, used, part) => {
          const agreements = list.map((one, index) => ({ ...one, id: `a${index}` }));
          const given = input({ agreements, usage: () => used });
          const verdict = decidePermit(given);
          expect(verdict.holdsUntilMs).toBeGreaterThan(nowMs);
          const between = Math.floor(nowMs + part * (verdict.holdsUntilMs - 1 - nowMs));
          expect(decidePermit({ ...given, nowMs: between }).permit).toEqual(verdict.permit);
          if (verdict.permit === null) return;
          const source = agreements.find(({ id }) => verdict.permit?.id === `sp1/${id}`)!;
          expect(source.withdrawnMs).toBeUndefined();
          expect(source.isp).toBe('sp1');
          expect(source.networks).toEqual(['127.1.0.0/16']);
          expect(source.validFromMs).toBeLessThanOrEqual(nowMs);
          expect(source.validUntilMs).toBeGreaterThan(nowMs);
          expect(used.agentBytes).toBeLessThan(source.monthlyBytesPerSubscriber ?? Number.POSITIVE_INFINITY);
          expect(used.totalBytes).toBeLessThan(source.monthlyBytesTotal ?? Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 500 },
    );
  });
});
