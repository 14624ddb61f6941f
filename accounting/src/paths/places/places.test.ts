import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { placeSchema } from '@fairhop/shared/model';
import { describe, expect, it } from 'vitest';
import { placesByWord } from './cities.js';
import { placeOfEntry } from './geo-entry.js';
import { createPlaces, placeOfRouterName } from './index.js';

describe('places of router names', () => {
  it.each([
    ['ge5-2.bas1-m.sanjose.sp1.example', 'us/ca/sanjose'],
    ['SanJose.ISP.com', 'us/ca/sanjose'],
    ['nyc.he.net', 'us/ny/newyork'],
    ['100ge13-1.core1.nyc4.he.net', 'us/ny/newyork'],
    ['ae-1.r20.snjsca04.us.bb.gin.ntt.net', 'us/ca/sanjose'],
    ['ae-0.r21.frnkge13.de.bb.gin.ntt.net', 'de/he/frankfurt'],
    ['xe-0-0-0.cr1.lax1.example.net', 'us/ca/losangeles'],
    ['et-0-0-67.cr10-fra2.ip4.gtt.net', 'de/he/frankfurt'],
    ['ffm-bb1-link.ip.twelve99.net', 'de/he/frankfurt'],
    ['be2025.ccr21.elp01.atlas.cogentco.com', 'us/tx/elpaso'],
    ['if-ae-2-2.tcore1.svw-singapore.as6453.net', 'sg/singapore'],
    ['br1.ams.example.net', 'nl/nh/amsterdam'],
    ['core-lhr-1.example.net', 'gb/eng/london'],
    ['br1.paris.sp2.example', 'fr/idf/paris'],
    ['rt1.san-diego.example.net', 'us/ca/sandiego'],
    ['rt1.san-jose2.example.net', 'us/ca/sanjose'],
    ['rt1.sanjose.cr.example.net', 'cr/sj/sanjose'],
    ['rt1.portland.or.example.net', 'us/or/portland'],
    ['rt1.birmingham.uk.example.net', 'gb/eng/birmingham'],
    ['rt1.london.lhr.example.net', 'gb/eng/london'],
  ])('%s is in %s', (name, place) => {
    expect(placeOfRouterName(name)).toBe(place);
  });

  it.each([
    ['rt1.portland.example.net', 'two cities have the name'],
    ['fra-ams.example.net', 'a link between two cities'],
    ['fra1.ams2.example.net', 'two cities'],
    ['paris.example', 'a company'],
    ['core1.example.net', 'no city'],
    ['tor1.man.lan.cor.example.net', 'words of networking'],
    ['198.18.0.1', 'an address'],
  ])('%s tells no place: %s', (name) => {
    expect(placeOfRouterName(name)).toBeUndefined();
  });

  it('has places of the form that the model has', () => {
    const places = new Set([...placesByWord.values()].flat());
    expect(places.size).toBeGreaterThan(250);
    for (const place of places) expect(placeSchema.safeParse(place).success, place).toBe(true);
  });

  it('knows several places for few words only', () => {
    const ambiguous = [...placesByWord].filter(([, places]) => places.length > 1).map(([word]) => word);
    expect(ambiguous.sort()).toEqual([
      'birmingham',
      'cordoba',
      'manchester',
      'portland',
      'sanjose',
      'vienna',
    ]);
  });
});

describe('places of addresses', () => {
  it('knows countries by the database in the package', async () => {
    const places = createPlaces();
    expect(places.placeOf('193.0.6.139')).toBeUndefined();
    await places.load();
    expect(places.placeOf('193.0.6.139')).toEqual({ place: 'nl', confidence: 60 });
    expect(places.placeOf('2001:67c:2e8:22::c100:68b')).toEqual({ place: 'nl', confidence: 60 });
    expect(places.placeOf('10.0.0.1')).toBeUndefined();
    expect(places.placeOf('nonsense')).toBeUndefined();
  });

  it('refuses what is no database', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairhop-places-'));
    const file = join(directory, 'places.mmdb');
    try {
      const refused = expect.objectContaining({ code: 'places-unreadable' });
      await expect(createPlaces({ file }).load()).rejects.toEqual(refused);
      writeFileSync(file, 'nonsense');
      await expect(createPlaces({ file }).load()).rejects.toEqual(refused);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each([
    [{ country_code: 'US' }, { place: 'us', confidence: 60 }],
    [
      {
        country: { iso_code: 'US' },
        subdivisions: [{ iso_code: 'CA' }],
        city: { names: { en: 'San José' } },
      },
      { place: 'us/ca/sanjose', confidence: 40 },
    ],
    [
      { city: 'Paris', country_code: 'FR', state1: 'Île-de-France' },
      { place: 'fr/iledefrance/paris', confidence: 40 },
    ],
    [
      { country: { iso_code: 'SG' }, city: { names: { en: 'Singapore' } } },
      { place: 'sg', confidence: 60 },
    ],
    [{ registered_country: { iso_code: 'DE' } }, { place: 'de', confidence: 60 }],
    [{ country_code: 'None' }, undefined],
    [{ city: 'Paris' }, undefined],
    ['text', undefined],
  ])('reads an entry %j', (entry, expected) => {
    expect(placeOfEntry(entry)).toEqual(expected);
  });
});
