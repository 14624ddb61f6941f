import type { Permit } from '@fairhop/shared/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideUpload, isWithinHours, type UploadSituation } from './upload-policy.js';

const nowMs = Date.UTC(2026, 10, 20, 20, 30);
const permit: Permit = {
  id: 'agreement:sp1',
  isp: 'sp1',
  agent: 'A'.repeat(43),
  source: 'agreement',
  terms: { networks: ['127.1.0.0/16'], validFromMs: nowMs - 1000, validUntilMs: nowMs + 1000 },
};
const good: UploadSituation = {
  settings: { consent: true, monthlyBytes: 1_000 },
  power: { onBattery: false, metered: false },
  sentThisMonthBytes: 999,
  permit,
  nowMs,
};

describe('whether an agent may upload', () => {
  it('needs every condition', () => {
    expect(decideUpload(good)).toEqual({ ready: true, reasons: [], goodbye: 'stopping', bytesLeft: 1 });
  });

  const evening = { from: '21:00', to: '23:00', timeZone: 'UTC' };
  const breaks: [string, Partial<UploadSituation>, RegExp, string][] = [
    ['consent', { settings: { consent: false, monthlyBytes: 1_000 } }, /not agreed/, 'no-consent'],
    ['a permit', { permit: null, permitReason: 'SP3 has no agreement' }, /SP3 has no agreement/, 'no-permit'],
    ['a permit that is valid', { nowMs: nowMs + 1000 }, /not valid/, 'no-permit'],
    [
      'the hours of the permit',
      { permit: { ...permit, terms: { ...permit.terms, hours: evening } } },
      /21:00/,
      'no-permit',
    ],
    ['mains power', { power: { onBattery: true, metered: false } }, /battery/, 'stopping'],
    ['an unmetered link', { power: { onBattery: false, metered: true } }, /metered/, 'stopping'],
    ["the user's hours", { settings: { ...good.settings, hours: evening } }, /Your hours/, 'stopping'],
    ['volume', { sentThisMonthBytes: 1_000 }, /volume/, 'stopping'],
  ];

  it.each(breaks)('does not without %s', (_name, change, reason, goodbye) => {
    const decision = decideUpload({ ...good, ...change });
    expect(decision).toMatchObject({ ready: false, goodbye, reasons: [expect.stringMatching(reason)] });
  });

  it('tells all that is missing', () => {
    fc.assert(
      fc.property(
        fc.subarray(
          breaks.filter(
            ([name]) =>
              !['the hours of the permit', 'a permit that is valid', "the user's hours"].includes(name),
          ),
        ),
        (chosen) => {
          const settings = { consent: !chosen.some(([name]) => name === 'consent'), monthlyBytes: 1_000 };
          const power = {
            onBattery: chosen.some(([name]) => name === 'mains power'),
            metered: chosen.some(([name]) => name === 'an unmetered link'),
          };
          const situation = Object.assign({}, good, ...chosen.map(([, change]) => change), {
            settings,
            power,
          });
          const { ready, reasons } = decideUpload(situation);
          expect(ready).toBe(chosen.length === 0);
          expect(reasons).toHaveLength(chosen.length);
        },
      ),
    );
  });

  it('takes what the system does not tell for allowed', () => {
    expect(decideUpload({ ...good, power: { onBattery: undefined, metered: undefined } }).ready).toBe(true);
  });
});

describe('hours of the day', () => {
  it.each([
    ['18:00', '24:00', 'Europe/Berlin', '2026-11-20T17:00:00Z', true],
    ['18:00', '24:00', 'Europe/Berlin', '2026-11-20T16:59:59Z', false],
    ['18:00', '24:00', 'Europe/Berlin', '2026-11-20T23:00:00Z', false],
    ['22:00', '06:00', 'UTC', '2026-11-20T23:00:00Z', true],
    ['22:00', '06:00', 'UTC', '2026-11-20T05:59:59Z', true],
    ['22:00', '06:00', 'UTC', '2026-11-20T06:00:00Z', false],
    ['07:00', '07:00', 'Asia/Kathmandu', '2026-11-20T12:00:00Z', true],
  ])('from %s to %s in %s at %s: %s', (from, to, timeZone, time, expected) => {
    expect(isWithinHours({ from, to, timeZone }, Date.parse(time))).toBe(expected);
  });
});
