import { createRequire } from 'node:module';
import { FairhopError } from '@fairhop/shared/model';
import { open, type Reader, type Response } from 'maxmind';
import { placeOfEntry } from './geo-entry.js';

const require = createRequire(import.meta.url);
const packagedFile = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

interface PlacesConfig {
  /** A database in MaxMind's format of countries or cities; by default the one of countries in the package. */
  readonly file?: string | undefined;
}

interface Places {
  /**
   * Reads the database; before, no place is known.
   * @throws FairhopError `places-unreadable`
   */
  load(): Promise<void>;
  /** Country, region, city, from the left as far as it is known. */
  placeOf(address: string): { readonly place: string; readonly confidence: number } | undefined;
}

/** Nodes of a database's tree that are in memory as answers: hosts that are active in the same minutes. */
const maximumCachedAnswers = 20_000;

export function createPlaces({ file }: PlacesConfig = {}): Places {
  let reader: Reader<Response> | undefined;
  return {
    async load() {
      const path = file ?? require.resolve(packagedFile);
      try {
        reader = await open(path, { cache: { max: maximumCachedAnswers } });
      } catch (cause) {
        const message = `cannot read the database of places ${path}; expected one in MaxMind's format (.mmdb)`;
        throw new FairhopError('places-unreadable', message, { cause });
      }
    },
    placeOf(address) {
      const entry = lookUp(reader, address);
      return entry === undefined ? undefined : placeOfEntry(entry);
    },
  };
}

/** A place is an extra: what a database cannot answer is not known. */
function lookUp(reader: Reader<Response> | undefined, address: string): unknown {
  try {
    return reader?.get(address) ?? undefined;
  } catch {
    return undefined;
  }
}
