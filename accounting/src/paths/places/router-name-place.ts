import { createBoundedCache } from '@fairhop/shared/model';
import { getDomain } from 'tldts';
import { meantPlaces, placesByWord } from './cities.js';

/** Routers that many paths cross; an entry takes about 200 bytes. */
const places = createBoundedCache<string, string | null>(20_000);

/**
 * `us/ny/newyork` for `100ge13-1.core1.nyc4.example.net`: the city that the name's labels mean. Undefined where they mean none, or
 * several. The registered domain says where nobody's router is: `paris.example` is a company.
 */
export function placeOfRouterName(name: string): string | undefined {
  const known = places.get(name);
  if (known !== undefined) return known ?? undefined;
  const place = findPlace(name.toLowerCase());
  places.set(name, place ?? null);
  return place;
}

function findPlace(name: string): string | undefined {
  const domain = getDomain(name, { validateHostname: false });
  const labels = (domain ? name.slice(0, -domain.length) : name).split('.').filter((label) => label !== '');
  const meanings = labels.map(placesOfLabel).filter((meaning) => meaning.length > 0);
  if (meanings.length === 0) return undefined;
  // Words that may mean several places mean the one that the other words allow.
  const common = meanings.reduce((left, right) => left.filter((place) => right.includes(place)));
  if (common.length === 1) return common[0];
  const words = [...labels, name.slice(name.lastIndexOf('.') + 1)];
  return (
    onlyOne(common, (place) => hasArea(place, words)) ?? onlyOne(common, (place) => meantPlaces.has(place))
  );
}

function onlyOne(places: readonly string[], is: (place: string) => boolean): string | undefined {
  const those = places.filter(is);
  return those.length === 1 ? those[0] : undefined;
}

function placesOfLabel(label: string): readonly string[] {
  const whole = placesByWord.get(withoutNumber(label.replaceAll(/[-_]/g, '')));
  if (whole !== undefined) return whole;
  const meanings = label
    .split(/[-_]/)
    .map((word) => placesByWord.get(withoutNumber(word)))
    .filter((meaning) => meaning !== undefined);
  // Two places in one label: a link between them, as `fra-ams`.
  return meanings.length === 1 ? meanings[0]! : [];
}

/** `lax1`, `fra02a`, `snjsca04` */
const withoutNumber = (word: string): string => word.replace(/\d+[a-z]?$/, '');

/** Country and region as labels of their own: `portland.or.example.net`. */
function hasArea(place: string, words: readonly string[]): boolean {
  const [country = '', region = ''] = place.split('/');
  const isUnitedKingdom = country === 'gb' && words.includes('uk');
  return words.includes(region) || words.includes(country) || isUnitedKingdom;
}
