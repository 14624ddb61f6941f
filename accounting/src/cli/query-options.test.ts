import { querySchema } from '@fairhop/shared/contract';
import { describe, expect, it } from 'vitest';
import { collectDimensions } from './dimensions.js';
import { parseDays, parseHours, parseInstant, queryOf } from './query-options.js';

describe('queryOf', () => {
  it('is a query that the service takes', () => {
    const query = queryOf('bytes', {
      leaves: 'SP1',
      enters: 'SP2',
      owner: 'MovieStudio',
      hours: parseHours('18:00-00:00'),
      timeZone: 'Europe/London',
      period: '2026-Q4',
      groupBy: collectDimensions('source-isp,day'),
    });
    expect(querySchema.parse(query)).toEqual({
      measure: 'bytes',
      leaves: 'SP1',
      enters: 'SP2',
      owner: 'moviestudio',
      time: { hours: { from: '18:00', to: '00:00' }, timeZone: 'Europe/London', period: '2026-Q4' },
      groupBy: ['sourceIsp', 'day'],
      limit: 1000,
      direction: 'forward',
      billable: 'yes',
      placeLevel: 'city',
      explain: false,
    });
    expect(queryOf('bytes', { crosses: ['router:r1'], anyEvidence: true }).billable).toBe('any');
  });

  it('names a place with its kind or without', () => {
    const { sourcePlace, place } = queryOf('bytes', { sourcePlace: 'us/ca', place: 'place:pt' });
    expect([sourcePlace, place]).toEqual(['place:us/ca', 'place:pt']);
  });

  it('names a host by its key as well as by its id', () => {
    const key = 'A'.repeat(43);
    expect(queryOf('files', { host: key })).toEqual({
      measure: 'files',
      destinationHost: `host:${key}`,
      time: {},
    });
    expect(queryOf('files', { host: `host:${key}` })).toEqual(queryOf('files', { host: key }));
  });
});

describe('the options’ parsers', () => {
  it('read times with their zone only', () => {
    expect(parseInstant('2026-10-01T00:00:00+01:00')).toBe(Date.UTC(2026, 8, 30, 23));
    expect(parseInstant('2026-10-01')).toBe(Date.UTC(2026, 9, 1));
    for (const wrong of ['2026-10-01T00:00:00', '1 October', '2026-13-01', '']) {
      expect(() => parseInstant(wrong)).toThrow(/2026-10-01T00:00:00Z/);
    }
  });

  it('read days by their names, and runs of them past Sunday too', () => {
    expect(parseDays('mon-wed')).toEqual(['monday', 'tuesday', 'wednesday']);
    expect(parseDays('sat-Mon, Sunday')).toEqual(['saturday', 'sunday', 'monday']);
    for (const wrong of ['', 'mo', 'mon-', 'mon-tue-wed', 'noday'])
      expect(() => parseDays(wrong)).toThrow(/mon-fri/);
  });

  it('read dimensions by one spelling, and list them in it', () => {
    expect(collectDimensions('destination-as, belief', ['day'])).toEqual(['day', 'destinationAs', 'belief']);
    for (const wrong of ['colour', 'sourceIsp', 'day,', 'source-colour'])
      expect(() => collectDimensions(wrong)).toThrow(/groups nothing; one of source-isp, .*month is right/);
  });

  it('read hours as FROM-TO only', () => {
    expect(() => parseHours('18-24')).toThrow(/18:00-00:00/);
  });
});
